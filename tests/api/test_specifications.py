"""Specifications as the OpenAPI document describes them, against the engine."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from noising.api.openapi.specifications import SPECIFICATION, specification_schemas
from noising.engine import (
    GRAPH_TYPES,
    HYPERSCHEDULE_TYPES,
    SCHEDULE_TYPES,
    EngineError,
    build_process,
)
from tests.engine.examples import GRAPHS, SCHEDULES
from tests.engine.hyperschedules.test_contract import EXAMPLES as HYPERSCHEDULES

SMALL = {"vocab_size": 5, "num_timesteps": 20}
VALIDATOR = Draft202012Validator(
    {"components": {"schemas": specification_schemas()}} | SPECIFICATION
)
TYPES = {
    "schedule": SCHEDULE_TYPES,
    "graph": GRAPH_TYPES,
    "hyperschedule": HYPERSCHEDULE_TYPES,
}


def test_the_schemas_are_schemas() -> None:
    for schema in specification_schemas().values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    "part",
    [
        *({"schedule": schedule} for schedule in SCHEDULES.values()),
        *({"graph": graph, "schedule": {"type": "gidd"}} for graph in GRAPHS.values()),
    ],
    ids=str,
)
def test_every_process_is_described_as_given_and_as_completed(
    part: dict[str, Any],
) -> None:
    given = SMALL | part
    VALIDATOR.validate(given)
    VALIDATOR.validate(build_process(given).spec)


@pytest.mark.parametrize("hyperschedule", HYPERSCHEDULES, ids=str)
def test_every_hyperschedule_is_described(hyperschedule: dict[str, Any]) -> None:
    VALIDATOR.validate({"hyperschedule": hyperschedule})
    spec = build_process({"vocab_size": 300, "hyperschedule": hyperschedule}).spec
    VALIDATOR.validate(spec)


@pytest.mark.parametrize(
    "refused",
    [
        {"vocab_size": 1},
        {"vocab_size": 1.5},
        {"num_timesteps": True},
        {"vocabulary": 5},
        {"schedule": None},
        {"schedule": {}},
        {"schedule": {"type": "cosin"}},
        {"schedule": {"type": "cosine", "beta_min": 0.1}},
        {"schedule": {"type": "sigmoid", "tau": 0}},
        {"schedule": {"type": "cosine", "time_range": [0, 1.5]}},
        {"schedule": {"type": "cosine", "time_range": [0.5]}},
        {"schedule": {"type": "cosine", "time_range": [0, 0.5, 1]}},
        {"graph": {"type": "rate_matrix"}},
        {"graph": {"type": "rate_matrix", "rates": [[0.0]]}},
        {"graph": {"type": "nearest_neighbor", "edges": [[0]]}},
        {"graph": {"type": "absorbing", "mask_id": -1}},
        {"graph": {"type": "mixture", "share": {"type": "table"}}},
        {"graph": {"type": "mixture", "share": {"type": "table", "values": [2]}}},
        {"graph": {"type": "mixture", "share": {"type": "log_snr", "slope": 1}}},
        {"hyperschedule": {"type": "matrix", "rows": []}},
        {"hyperschedule": {"type": "matrix", "rows": [[-1]]}},
        {"hyperschedule": {"type": "token_types", "classes": {"special": [1]}}},
        {"hyperschedule": {"type": "token_types", "classes": {"other": ["1"]}}},
        {"hyperschedule": {"type": "token_types", "weights": {"other": 0}}},
        {"hyperschedule": {"type": "token_exponents", "exponents": {"a": 1}}},
        {"hyperschedule": {"type": "token_exponents", "exponents": {"1": 0}}},
        {"hyperschedule": {"type": "weights", "weights": [1], "calibrate": 1}},
        {"hyperschedule": {"type": "block", "width": 2.5}},
    ],
    ids=str,
)
def test_what_the_description_rules_out_the_engine_refuses(
    refused: dict[str, Any],
) -> None:
    assert not VALIDATOR.is_valid(refused)
    with pytest.raises(EngineError):
        build_process(refused)


def test_every_type_is_named_with_its_parameters() -> None:
    schemas = specification_schemas()
    for part, types in TYPES.items():
        choice = schemas[f"{part.title()}Specification"]
        mapping = choice["discriminator"]["mapping"]
        assert list(mapping) == list(types)
        assert [each["$ref"] for each in choice["oneOf"]] == list(mapping.values())
        for name, kind in types.items():
            component = schemas[mapping[name].rpartition("/")[2]]
            assert set(component["properties"]) == {"type", *kind.PARAMETERS}
            assert component["description"]
