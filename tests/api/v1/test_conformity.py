"""Responses of version 1 match the OpenAPI document."""

from typing import Any

import orjson
import pytest

from noising.api.openapi import examples
from tests.api.test_conformity import check, document  # noqa: F401 - a fixture
from tests.api.v1.forms import FORMS

COMPUTED = {"200", "400", "406", "413", "415", "422", "503"}
PATHS = {
    "noise": ("NoiseBatchRequest", "NoisedBatch"),
    "marginal": ("MarginalRequest", "Marginal"),
    "posterior": ("PosteriorRequest", "Posterior"),
    "score-ratio": ("ScoreRatioRequest", "ScoreRatio"),
    "times": ("TrainingTimesRequest", "TrainingTimes"),
    "loss-weight": ("LossWeightRequest", "LossWeight"),
    "loo-shift": ("LooShiftRequest", "LooShift"),
}
EXAMPLES = {
    "noise": (examples.BATCH_REQUEST, examples.BATCH_RESPONSE),
    "marginal": (examples.MARGINAL_REQUEST, examples.MARGINAL_RESPONSE),
    "posterior": (examples.POSTERIOR_REQUEST, examples.POSTERIOR_RESPONSE),
    "score-ratio": (examples.SCORE_RATIO_REQUEST, examples.SCORE_RATIO_RESPONSE),
    "times": (examples.TRAINING_TIMES_REQUEST, examples.TRAINING_TIMES_RESPONSE),
    "loss-weight": (examples.LOSS_WEIGHT_REQUEST, examples.LOSS_WEIGHT_RESPONSE),
    "loo-shift": (examples.LOO_SHIFT_REQUEST, examples.LOO_SHIFT_RESPONSE),
}


def close(found: Any, shown: Any) -> None:
    """Compare documents; machines differ in the last digits of a float."""
    if isinstance(shown, dict):
        assert list(found) == list(shown)
        for key, value in shown.items():
            close(found[key], value)
    elif isinstance(shown, list):
        assert len(found) == len(shown)
        for one, other in zip(found, shown, strict=True):
            close(one, other)
    elif isinstance(shown, float):
        assert found == pytest.approx(shown, rel=1e-12)
    else:
        assert found == shown


@pytest.mark.parametrize("path", PATHS)
def test_the_examples_are_described_and_answered(ask, document, path):  # noqa: F811
    request, answer = EXAMPLES[path]
    name, answer_name = PATHS[path]
    check(document, name, request)
    check(document, answer_name, answer)
    close(ask(path, **request).json(), answer)


def test_the_example_of_packed_rows_is_described_and_answered(ask, document):  # noqa: F811
    check(document, "NoiseBatchRequest", examples.PACKED_REQUEST)
    check(document, "NoisedBatch", examples.PACKED_RESPONSE)
    close(
        ask("noise", **examples.PACKED_REQUEST).json(),
        examples.PACKED_RESPONSE,
    )


def test_each_line_of_a_trajectory_is_as_described(ask, document):  # noqa: F811
    check(document, "TrajectoryRequest", examples.TRAJECTORY_REQUEST)
    response = ask("trajectory", **examples.TRAJECTORY_REQUEST)
    lines = [orjson.loads(line) for line in response.streaming_content]
    assert len(lines) == len(examples.TRAJECTORY_REQUEST["timesteps"])
    for line in lines:
        check(document, "TrajectoryState", line)


def test_the_example_of_a_history_is_what_is_answered(send, document):  # noqa: F811
    check(document, "TrajectoryHistory", examples.HISTORY_RESPONSE)
    body = orjson.dumps(examples.TRAJECTORY_REQUEST)
    answer = send("trajectory", body, accept="application/json").json()
    close(answer, examples.HISTORY_RESPONSE)


@pytest.mark.parametrize(
    "fields",
    [
        {"tokens": [1, 2], "timesteps": 5},
        {"tokens": [[1, 2], []], "times": [0.5, 1]},
        {"tokens": [[1, 2], [3]], "timesteps": 5, "return": ["alphas", "masks"]},
        {"tokens": [[1, 2], [3]], "timesteps": [[5, 6], [7]], "return": ["alphas"]},
        {"tokens": [1, 2], "times": [0, 1]},
        {"tokens": [1, 2], "timesteps": 5, "positions": [4, 0], "sequence_ids": 3},
        {"tokens": [[1, 2], [3]], "timesteps": 5, "positions": [[4, 5], [0]]},
        {"tokens": [[1, 2], [3]], "timesteps": 5, "sequence_ids": [[4, 5], [0]]},
        {"tokens": [[1, 2], [3]], "timesteps": 5, "count": [1, 0], "block": 2},
        {"tokens": [[1, 2], [3]], "timesteps": 5, "at_least": 2, "block": None},
        {"tokens": [[1, 2], []], "timesteps": 5, "return": ["complement"]},
        {"tokens": [1], "timesteps": 5, "protect": {"ids": []}, "return": ["masks"]},
    ],
)
def test_every_form_of_a_batch_is_as_described(ask, document, fields):  # noqa: F811
    check(document, "NoiseBatchRequest", fields)
    check(document, "NoisedBatch", ask("noise", **fields).json())


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("times", {"n": 3}),
        ("times", {"n": 0, "seed": None, "total": None}),
        ("times", {"n": [2, 0], "method": "importance"}),
        ("loo-shift", {"timesteps": 5}),
        ("loo-shift", {"times": [[0, 0.5], [1, 0.25]]}),
        ("loss-weight", {"times": 0.5, "form": "flat", "dtype": "float64"}),
        (
            "loss-weight",
            {"times": [0, 1], "form": "count", "moved": 3, "eligible": [4, 2]},
        ),
    ],
)
def test_every_form_of_training_is_as_described(ask, document, path, fields):  # noqa: F811
    name, answer_name = PATHS[path]
    check(document, name, fields)
    response = ask(path, **fields)
    assert response.status_code == 200, response.content
    check(document, answer_name, response.json())


@pytest.mark.parametrize("path", [*PATHS, "trajectory"])
def test_every_status_is_described(document, path):  # noqa: F811
    operation = document["paths"][f"/api/v1/{path}"]["post"]
    assert set(operation["responses"]) == COMPUTED
    assert "Retry-After" in operation["responses"]["503"]["headers"]
    for status, response in operation["responses"].items():
        is_problem = int(status) >= 400
        kinds = ["application/problem+json"] if is_problem else response["content"]
        assert list(response["content"]) == list(kinds)


def test_a_batch_may_come_and_go_in_each_form(document):  # noqa: F811
    operation = document["paths"]["/api/v1/noise"]["post"]
    assert list(operation["requestBody"]["content"]) == list(FORMS)
    assert list(operation["responses"]["200"]["content"]) == list(FORMS)
    assert {"Noise-Seed", "Noise-Fingerprint"} <= set(
        operation["responses"]["200"]["headers"]
    )
    schema = document["components"]["schemas"]["NoiseBatchRequest"]
    assert schema["additionalProperties"] is False
    for name, field in schema["properties"].items():
        assert field["description"], name
