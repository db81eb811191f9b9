"""Functions that return torch tensors."""

import pytest

from noising.audit import audit_function
from noising.audit.adapters import from_method
from tests.audit.faults import ABSORBING

torch = pytest.importorskip("torch")


def test_a_trainer_with_one_seed_for_all_ranks_is_found_and_a_noiser_passes():
    from noising.torch import Noiser

    def trainer(x0, seed, rank, step):
        generator = torch.Generator().manual_seed(seed + step)
        x0 = torch.from_numpy(x0)
        t = 1.0 - torch.rand(len(x0), generator=generator)
        moved = torch.rand(x0.shape, generator=generator) < 0.999 * t[:, None]
        return {"xt": torch.where(moved, 1000, x0), "t": t, "moved": moved}

    report = audit_function(trainer, ABSORBING, rows=512, length=64)
    assert report.findings[0].code == "same_noise_on_ranks"

    noiser = Noiser(ABSORBING, seed=7, method="uniform")
    ids = iter(range(10**9))

    def method(x0):
        n = noiser(x0, ids=[next(ids) for _ in x0])
        return n.xt, n.t, n.weight.to(torch.bfloat16), n.moved

    names = ("xt", "t", "weights", "moved")
    function = from_method(method, names, convert=torch.from_numpy)
    report = audit_function(function, ABSORBING, rows=512, length=64)
    assert report.findings == ()
