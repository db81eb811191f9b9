"""The permutation that assigns cells to elements."""

import itertools
import math

import numpy as np
import pytest

from noising.engine.permutation import permute


def _images(total, draw, elements=None):
    elements = np.arange(total) if elements is None else np.asarray(elements)
    return permute(elements.astype(np.uint64), total, seed=9, draw=draw, step=3)


@pytest.mark.parametrize("total", [*range(1, 40), 255, 256, 257, 100_003])
def test_every_number_is_the_image_of_one_element(total):
    for draw in range(3):
        assert (np.sort(_images(total, draw)) == np.arange(total)).all()


def test_elements_can_be_asked_one_by_one():
    whole = _images(1000, 5)
    some = [999, 0, 7, 7]
    assert (_images(1000, 5, some) == whole[some]).all()
    assert _images(1000, 5, []).shape == (0,)


def test_the_largest_range_has_distinct_images_inside():
    total = (1 << 53) - 1
    images = _images(total, 0, np.arange(total - 1000, total))
    assert len(np.unique(images)) == 1000
    assert (images < total).all()


@pytest.mark.parametrize("total", [3, 4, 8, 11, 20])
def test_pairs_of_elements_have_every_pair_of_images_alike(total):
    draws = 2000
    images = np.stack([_images(total, draw) for draw in range(draws)])
    pairs = total * (total - 1)
    for one, other in ((0, 1), (total - 2, total - 1)):
        counts = np.bincount(
            (images[:, one] * total + images[:, other]).astype(int),
            minlength=total * total,
        ).reshape(total, total)
        assert (np.diag(counts) == 0).all()
        # Bernstein: a count of n draws of chance p is off by more than
        # sqrt(2·n·p·x) + 2x/3 with a chance below 2·exp(-x): 2·1128·exp(-32) < 3e-11.
        for low, high in itertools.permutations(range(total), 2):
            expected = draws / pairs
            limit = math.sqrt(2.0 * expected * 32.0) + 2.0 * 32.0 / 3.0
            assert abs(counts[low, high] - expected) < limit
