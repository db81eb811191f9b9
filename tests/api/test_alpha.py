"""GET /alpha/{timestep}."""

import numpy as np
import pytest

from noising.engine import build_process
from tests.api.problems import problem_of


@pytest.mark.parametrize("timestep", [0, 1, 499, 500, 998, 999])
def test_alpha_is_the_engines(api, timestep):
    expected = build_process({}).alphas[timestep]
    response = api.get(f"/alpha/{timestep}")
    assert response.json() == {"timestep": timestep, "alpha": expected}


def test_alpha_of_the_cosine_schedule_is_the_closed_form(api):
    def f(t: float) -> float:
        return float(np.cos((t + 0.008) / 1.008 * np.pi / 2) ** 2)

    alpha = api.get("/alpha/500").json()["alpha"]
    assert alpha == pytest.approx(f(501 / 1000) / f(0), rel=1e-12)


def test_leading_zeros_are_decimal_digits(api):
    assert api.get("/alpha/007").json()["timestep"] == 7


@pytest.mark.parametrize(
    "timestep",
    [
        "1000", "-1", "+1", "1.5", "1.0", "abc", "1e3", "0x10", "1_0", " 1", "1 ",
        "%D9%A3", "%EF%BC%91", "%00", "5%0A", "%FF", "5%20", "NaN", "true", "null", "'",
        "9" * 30, "9" * 5000, "<script>", "%3Cscript%3E", "5;a", "5,6", "..", "\u00b2",
    ],
)  # fmt: skip
def test_what_is_no_timestep_is_refused(api, timestep):
    document = problem_of(api.get(f"/alpha/{timestep}"), 400)
    assert "`timestep` must be a whole number in 0..999" in document["detail"]
    assert document["errors"] == []


@pytest.mark.parametrize("path", ["/alpha", "/alpha/", "/alpha/5/", "/alpha/5/6"])
def test_other_paths_are_unknown(api, path):
    problem_of(api.get(path), 404)


def test_the_range_is_that_of_the_configuration(api, settings):
    settings.NOISE_SPECIFICATION = {"vocab_size": 27, "num_timesteps": 10}
    assert api.get("/alpha/9").status_code == 200
    assert "0..9" in problem_of(api.get("/alpha/10"), 400)["detail"]


def test_it_can_only_be_read(api):
    response = api.post("/alpha/5")
    problem_of(response, 405)
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
