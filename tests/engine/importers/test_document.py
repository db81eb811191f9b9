"""The text of a configuration: JSON, YAML, or neither."""

import sys

import pytest
import yaml

from noising.engine import EngineError
from noising.engine.importers import import_config
from noising.engine.importers.document import MAX_DEPTH, MAX_TEXT, document

YAML = """
graph: {type: absorb}
noise:
  type: geometric
  sigma_min: 1e-4
  sigma_max: 20
"""
JSON = (
    '{"graph": {"type": "absorb"},'
    ' "noise": {"type": "geometric", "sigma_min": 1e-4, "sigma_max": 20}}'
)


def test_yaml_json_and_an_object_are_read_alike():
    specs = [import_config("sedd", text).spec for text in (YAML, JSON, document(YAML))]
    assert specs[0] == specs[1] == specs[2]
    assert specs[0]["schedule"]["sigma_min"] == 1e-4


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("noise: [", "not_readable"),
        ("{", "not_readable"),
        ("a: b: c", "not_readable"),
        ("!!python/object/apply:os.system ['true']", "not_readable"),
        ("when: 2026-99-99", "not_readable"),
        ("[" * 50_000, "not_readable"),
        ("\x00", "not_readable"),
        ("9" * 5000, "not_readable"),
        ("", "not_an_object"),
        ("42", "not_an_object"),
        ("[1, 2]", "not_an_object"),
        ("1: 2", "not_an_object"),
        ("x" * (MAX_TEXT + 1), "too_large"),
    ],
)
def test_a_text_that_is_no_configuration_is_refused(text, code):
    with pytest.raises(EngineError) as caught:
        import_config("sedd", text)
    assert (caught.value.field, caught.value.code) == ("config", code)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("config", [None, 3, [], {1: 2}, b"{}"])
def test_what_is_neither_text_nor_object_is_refused(config):
    with pytest.raises(EngineError) as caught:
        import_config("sedd", config)
    assert caught.value.code == "not_an_object"


def test_aliases_that_multiply_do_no_harm():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    text = "\n".join(["noise: {type: loglinear}", *lines])
    assert import_config("sedd", text).spec["schedule"]["type"] == "loglinear"


def merging(depth, width):
    lines = ["a0: &a0 {k: 1, l: 2, m: 3}"]
    for level in range(1, depth + 1):
        merged = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"a{level}: &a{level} {{<<: [{merged}]}}")
    return "\n".join(["noise: {type: loglinear}", *lines])


def test_merged_keys_are_read():
    text = "base: &base {sigma_min: 1e-3, sigma_max: 5}\nnoise:\n  <<: *base\n"
    imported = import_config("sedd", text + "  type: geometric\n")
    assert imported.spec["schedule"]["sigma_max"] == 5.0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (merging(40, 9), "4096 keys"),
        (merging(3, 400), "1000 aliases"),
        ("a: &a 1\nb: [" + ", ".join(["*a"] * 1001) + "]", "1000 aliases"),
    ],
)
def test_keys_that_multiply_are_refused_before_they_are_many(text, reason):
    with pytest.raises(EngineError, match=reason) as caught:
        import_config("sedd", text)
    assert caught.value.code == "not_readable"


@pytest.mark.parametrize(
    "opening", ["[", "{", "{a: ", "[a, ", "- ", "? ", "? [", "- ? ", "[\n", "a:\n"]
)
def test_nesting_is_refused_before_it_is_deep(opening, monkeypatch):
    """Of 64 KiB no more is read than leads to the hundredth level."""
    text = opening * (MAX_TEXT // len(opening))
    if opening == "a:\n":
        text = "".join(f"{' ' * level}a:\n" for level in range(350))
    tokens = 0
    fetch = yaml.SafeLoader.fetch_more_tokens

    def counted(loader):
        nonlocal tokens
        tokens += 1
        return fetch(loader)

    monkeypatch.setattr(yaml.SafeLoader, "fetch_more_tokens", counted)
    with pytest.raises(EngineError, match="nesting deeper than 100") as caught:
        import_config("sedd", text)
    assert caught.value.code == "not_readable"
    assert tokens < 10 * MAX_DEPTH


def test_as_deep_as_that_is_read():
    deep = "[" * (MAX_DEPTH - 2) + "]" * (MAX_DEPTH - 2)
    text = f"noise: {{type: loglinear}}\nother: {deep}"
    assert import_config("sedd", text).spec["schedule"]["type"] == "loglinear"


def test_without_pyyaml_json_still_reads_and_yaml_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert import_config("sedd", JSON).spec["graph"]["type"] == "absorbing"
    with pytest.raises(EngineError) as caught:
        import_config("sedd", YAML)
    assert (caught.value.field, caught.value.code) == ("config", "yaml_missing")


@pytest.mark.parametrize("source", ["seed", "", None, 3, ["sedd"]])
def test_an_unknown_source_is_refused_with_the_known_ones(source):
    with pytest.raises(EngineError) as caught:
        import_config(source, JSON)
    assert (caught.value.field, caught.value.code) == ("source", "unknown_source")


WANDB = """
wandb_version: 1
_wandb: {desc: null, value: {cli_version: 0.17.0}}
graph: {desc: null, value: {type: absorb}}
noise:
  desc: null
  value: {type: geometric, sigma_min: 1e-4, sigma_max: 20}
tokens: {value: 27}
"""


def test_weights_and_biases_wraps_every_key_and_is_unwrapped():
    imported = import_config("sedd", WANDB)
    assert imported.spec["schedule"] == import_config("sedd", YAML).spec["schedule"]
    assert imported.spec["vocab_size"] == 27
    notes = {note.key: note.kind for note in imported.notes}
    assert notes["wandb_version"] == notes["_wandb"] == "no_meaning"


@pytest.mark.parametrize(
    "config",
    [
        {"a": {"value": 1}, "b": {"value": 2, "unit": "s"}},
        {"a": {"value": 1}, "b": 3},
        {"a": {"desc": None}},
        {"wandb_version": 1},
        {},
    ],
)
def test_what_is_not_wrapped_throughout_stays_as_it_is(config):
    assert document(config) == config
