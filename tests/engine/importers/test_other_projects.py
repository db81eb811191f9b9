"""Configurations of other projects are refused, not read as something else."""

import pytest

from noising.engine import EngineError
from noising.engine.importers import SOURCES, import_config
from noising.engine.importers.projects import NO_SOURCE
from tests.engine.importers.configs import TEXTS, refused

DUO = {
    "noise": {"type": "log-linear", "eps": 1e-3},
    "prior": {"type": "none"},
    "algo": {"name": "duo_base", "parameterization": "mean", "T": 0},
    "data": {"tokenizer_name_or_path": "gpt2"},
}
BD3LM = {
    "diffusion": "absorbing_state",
    "block_size": 16,
    "noise": {"type": "loglinear", "sigma_min": 1e-4, "sigma_max": 20},
    "algo": {"name": "bd3lm", "parameterization": "subs"},
    "data": {"tokenizer_name_or_path": "gpt2"},
}
UDLM = {
    "diffusion": "uniform",
    "parameterization": "d3pm",
    "noise": {"type": "loglinear", "sigma_min": 1e-4, "sigma_max": 20},
    "data": {"tokenizer_name_or_path": "yairschiff/qm9-tokenizer"},
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "config",
    [DUO, DUO | {"noise": {"type": "loglinear"}}, BD3LM],
    ids=["Duo", "Duo as the old hint had it", "BD3-LM"],
)
def test_a_configuration_with_an_algorithm_is_never_read(source, config):
    assert refused(source, config) == ("config.algo.name", "other_project")


@pytest.mark.parametrize("name", ["mdlm", "sedd", 3, ["duo"]])
def test_whatever_the_algorithm_is(name):
    config = {"noise": {"type": "loglinear"}, "algo": {"name": name}}
    assert refused("mdlm", config) == ("config.algo.name", "other_project")


@pytest.mark.parametrize(
    ("config", "field"),
    [
        (UDLM, "config.diffusion"),
        ({"noise": {"type": "log-linear"}}, "config.noise.type"),
    ],
)
def test_what_looks_like_mdlms_gets_no_hint_that_leads_to_masks(config, field):
    with pytest.raises(EngineError) as caught:
        import_config("mdlm", config)
    assert (caught.value.field, caught.value.code) == (field, "cannot_import")
    assert caught.value.way_out.endswith(NO_SOURCE)
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("written_by", SOURCES)
def test_each_projects_configuration_is_read_by_its_own_source_alone(
    source, written_by
):
    if source == written_by:
        assert import_config(source, TEXTS[source]).spec
        return
    with pytest.raises(EngineError) as caught:
        import_config(source, TEXTS[written_by])
    if (source, written_by) == ("hdlm", "sedd"):  # HDLM kept all of SEDD's keys
        assert caught.value.field == "config.annealing.type"
    else:
        assert caught.value.code == "other_project"
        assert f"`{written_by}`" in caught.value.way_out


@pytest.mark.parametrize("kind", ["simple_block", "None"])
def test_hdlms_own_names_that_its_gamma_code_stops_at_say_so(kind):
    config = {
        "model_type": "gamma_hybrid",
        "graph": {"type": "QGamma", "gamma": 0.01},
        "noise": {"type": "loglinear"},
        "annealing": {"type": kind, "width": 128, "tau": 256},
    }
    with pytest.raises(EngineError, match="its gamma code fails") as caught:
        import_config("hdlm", config)
    assert "did you mean" not in str(caught.value)
    config["model_type"] = "epsilon_hybrid"
    imported = import_config("hdlm", config)
    assert imported.spec["hyperschedule"] is None
