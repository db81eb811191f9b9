"""One table of tokenizers serves every source."""

import pytest

from noising.engine import EngineError, build_process
from noising.engine.importers import import_config
from noising.engine.importers.tokenizers import TOKENIZERS
from noising.tokenizers import BUILTIN_TOKENIZERS, load_tokenizer
from tests.engine.references import near


def named(source, name):
    """Return a configuration that names a tokenizer and not its size."""
    return {
        "mdlm": {
            "noise": {"type": "loglinear"},
            "data": {"tokenizer_name_or_path": name},
        },
        "udlm": {
            "noise": {"type": "loglinear"},
            "data": {"tokenizer_name_or_path": name},
        },
        "gidd": {"model": {"p_uniform": 0.1}, "data": {"tokenizer_name": name}},
        "hdlm": {"model_type": "epsilon_hybrid", "tokenizer": {"model": name}},
    }[source]


KEYS = {
    "mdlm": "config.data.tokenizer_name_or_path",
    "udlm": "config.data.tokenizer_name_or_path",
    "gidd": "config.data.tokenizer_name",
    "hdlm": "config.tokenizer.model",
}


@pytest.mark.parametrize("source", KEYS)
@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_known_tokenizer_says_the_size_to_every_source(source, name):
    spec = import_config(source, named(source, name)).spec
    known = TOKENIZERS[name]
    added = source == "gidd" and not known.has_pad  # GIDD's get_tokenizer adds [PAD]
    assert spec["vocab_size"] == known.vocab_size + added
    if source != "hdlm":  # its mask is always an id of its own
        assert spec["graph"].get("mask_id") == known.mask_id


@pytest.mark.parametrize("source", KEYS)
@pytest.mark.parametrize("name", ["text8", "my/tokenizer", ["odd"], 3])
def test_an_unknown_tokenizer_is_named_and_the_size_is_asked_for(source, name):
    with pytest.raises(EngineError, match="give `vocab_size`") as caught:
        import_config(source, named(source, name))
    assert (caught.value.field, caught.value.code) == (
        KEYS[source],
        "unknown_tokenizer",
    )
    assert caught.value.value == name
    imported = import_config(source, named(source, name), vocab_size=35)
    assert imported.spec["vocab_size"] == 35
    assert any("assumed to have no mask" in note.text for note in imported.notes)


@pytest.mark.parametrize(
    ("data", "size"), [("wikitext2", 50257), ("lm1b", 30522), ("text8", None)]
)
def test_a_data_group_of_mdlm_stands_for_its_tokenizer(data, size):
    config = {"defaults": [{"/noise": "loglinear"}, {"/data": data}]}
    if size is None:
        with pytest.raises(EngineError, match="that of text8") as caught:
            import_config("mdlm", config)
        assert caught.value.field == "config.defaults"
    else:
        assert import_config("mdlm", config).spec["vocab_size"] == size


def test_a_written_size_comes_before_a_tokenizers_name():
    config = named("hdlm", "my/tokenizer")
    config["tokenizer"]["tokens"] = 99
    imported = import_config("hdlm", config)
    assert imported.spec["vocab_size"] == 99
    assert ("tokenizer.model", "no_meaning") in {
        (note.key, note.kind) for note in imported.notes
    }


def test_the_table_agrees_with_the_tokenizers_that_ship():
    bert = TOKENIZERS["bert-base-uncased"]
    assert TOKENIZERS["gpt2"].vocab_size == BUILTIN_TOKENIZERS["gpt2"].vocab_size
    assert bert.vocab_size == BUILTIN_TOKENIZERS["bert"].vocab_size
    assert bert.mask_id == load_tokenizer("bert").backend.token_to_id("[MASK]")
    assert all(known.source for known in TOKENIZERS.values())


def test_gidd_with_bert_spreads_uniform_noise_over_the_ids_other_than_its_mask():
    spec = import_config("gidd", named("gidd", "bert-base-uncased")).spec
    end = build_process(spec).marginal(7, 0.5)
    # (1-t)/C and c/C/(V-1), t/C at t = 1/2, c = B/2 = p/(1-p), C = 1 + c, p = 0.1:
    # HybridDiffusion.get_alpha_betapi @f67acc9.
    drawn = 0.1 / 30521
    assert end[[7, 8, 103]] == near([0.45 + drawn, drawn, 0.45], rel=1e-12)
