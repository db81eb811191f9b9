"""The quantities that have a curve."""

import numpy as np

from noising.curves.quantities import QUANTITIES, Sample
from noising.engine import build_process


def test_there_is_no_weight_where_there_is_no_kernel():
    share = {"type": "log_snr", "scale": 3}  # its kernels end at sigma = 0.584
    process = build_process(
        {
            "num_timesteps": 2,
            "schedule": {"type": "custom", "sigmas": [0.5, 1.0]},
            "graph": {"type": "mixture", "share": share},
        }
    )
    sample = Sample(process=process, t=np.array([0.5, 0.9]))
    weights = QUANTITIES["nelbo_weight"].values(sample)
    assert weights[0] > 0.0
    assert np.isnan(weights[1])


def test_a_schedule_of_steps_has_the_weight_of_the_next_timestep():
    """Between its points sigma is linear, which would give the weight teeth."""
    process = build_process({"num_timesteps": 100, "schedule": {"type": "linear"}})
    times = np.linspace(0.0, 1.0, 257)[1:]
    weights = QUANTITIES["nelbo_weight"].values(Sample(process=process, t=times))
    assert (np.diff(weights) <= 0.0).all()
    steps = np.ceil(times * 100 - 1e-9) - 1
    exact = process.nelbo_weight(1, 0, process.time(steps.astype(int)))
    np.testing.assert_array_equal(weights, exact)
