"""Configurations of other projects are refused, not read as something else."""

import pytest

from noising.engine import EngineError
from noising.engine.importers import SOURCES, import_config
from noising.engine.importers.document import document
from tests.engine.importers.configs import TEXTS, refused


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("written_by", SOURCES)
def test_each_projects_configuration_is_read_by_its_own_source_alone(
    source, written_by
):
    if source == written_by:
        assert import_config(source, TEXTS[source]).spec
        return
    if (source, written_by) == ("udlm", "mdlm"):  # UDLM kept MDLM's noise of masks
        imported = import_config(source, TEXTS["mdlm"])
        assert imported.spec == import_config("mdlm", TEXTS["mdlm"]).spec
        return
    with pytest.raises(EngineError) as caught:
        import_config(source, TEXTS[written_by])
    if caught.value.code == "other_project":
        assert f"`{written_by}`" in caught.value.way_out
        return
    # These sources have the key that tells the projects apart, but not its value.
    field = {
        ("hdlm", "sedd"): "annealing.type",  # HDLM kept all of SEDD's keys
        ("bd3lm", "mdlm"): "algo.name",
        ("duo", "bd3lm"): "algo.name",
        ("bd3lm", "duo"): "algo.name",
        ("dream", "llada"): "model_type",
        ("llada", "dream"): "model_type",
        ("dllm", "llada"): "time_epsilon",
        ("dllm", "dream"): "time_epsilon",
        ("hdlm", "llada"): "model_type",
        ("hdlm", "dream"): "model_type",
    }[source, written_by]
    assert caught.value.field == f"config.{field}"


@pytest.mark.parametrize("source", sorted({*SOURCES} - {"duo", "bd3lm"}))
@pytest.mark.parametrize("name", ["duo_base", "mdlm", 3, ["duo"]])
def test_a_configuration_with_an_algorithm_is_duos_or_bd3lms(source, name):
    config = {"noise": {"type": "loglinear"}, "algo": {"name": name}}
    assert refused(source, config) == ("config.algo.name", "other_project")


@pytest.mark.parametrize(
    ("source", "changed", "hint"),
    [
        ("mdlm", {"diffusion": "uniform"}, "choose the project `udlm`"),
        ("mdlm", {"noise": {"type": "log-linear"}}, "choose the project `duo`"),
        ("udlm", {"noise": {"type": "log-linear"}}, "choose the project `duo`"),
        ("bd3lm", {"algo": {"name": "duo_base"}}, "choose the project `duo`"),
        ("bd3lm", {"noise": {"type": "log-linear"}}, "choose the project `duo`"),
        ("duo", {"algo": {"name": "bd3lm"}}, "choose the project `bd3lm`"),
        ("duo", {"noise": {"type": "loglinear"}}, "Duo spells it log-linear"),
        ("llada", {"model_type": "Dream"}, "choose the project `dream`"),
        ("dream", {"model_type": "llada"}, "choose the project `llada`"),
    ],
)
def test_a_hint_leads_to_the_source_that_reads_it(source, changed, hint):
    with pytest.raises(EngineError) as caught:
        import_config(source, {**document(TEXTS[source]), **changed})
    assert caught.value.code == "cannot_import"
    assert caught.value.way_out == hint or caught.value.way_out.endswith(f": {hint}")


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
