"""Chances as integers that random words are compared with."""

import numpy as np
import pytest

from noising.engine.graphs import Events
from noising.engine.sampler.thresholds import Brackets, Thresholds, scale_chances

CERTAIN = 1 << 53


def test_thresholds_are_the_ceiling_of_53_bits():
    chances = np.array([0.0, 5e-324, 2.0**-53, 0.5, 1.0 - 2.0**-53, 1.0])
    assert scale_chances(chances).tolist() == [0, 1, 1, 1 << 52, CERTAIN - 1, CERTAIN]


def test_leading_bytes_end_at_255():
    limits = Thresholds.of(Events(move=np.array([0.0, 0.25, 1.0 - 2.0**-53, 1.0])))
    assert limits.leading.tolist() == [0, 64, 255, 255]
    assert limits.mask is None


@pytest.mark.parametrize("shape", [(1, 1), (6, 1), (1, 8), (6, 8)])
def test_a_tile_of_broadcast_limits_is_the_limits_of_the_tile(shape):
    chances = np.random.default_rng(0).random(shape)
    limits = Thresholds.of(Events(move=chances, mask=chances**2, mask_needs_move=True))
    rows, columns = slice(2, 4), slice(3, 8)
    part = limits.cut(rows, columns)
    whole = np.broadcast_to(limits.move, (6, 8))[rows, columns]
    assert (np.broadcast_to(part.move, (2, 5)) == whole).all()
    assert part.mask_needs_move
    assert (np.broadcast_to(part.mask, (2, 5)) <= whole).all()


@pytest.mark.parametrize("steps", [1, 2, 3, 1000])
def test_brackets_hold_the_thresholds_of_every_time(steps):
    def at(times):
        return scale_chances(np.asarray(times) ** 3)

    brackets = Brackets.of(at(np.arange(steps + 1) / steps))
    edges = np.arange(steps + 1) / steps
    times = np.concatenate(
        [edges, np.nextafter(edges, 0.0), np.nextafter(edges, 1.0), [0.37, 1e-9]]
    ).reshape(1, -1)
    limits = brackets.find_thresholds(times, lambda flat: at(times[0, flat]))
    leading = Thresholds.of(Events(move=times**3)).leading
    assert (limits.leading <= leading).all()
    assert (leading <= limits.highest).all()
    assert limits.cut(slice(0, 1), slice(0, 8)) is limits


def test_a_tile_of_spread_limits_reads_its_own_places():
    table = Thresholds.of(Events(move=np.linspace(0.0, 1.0, 5)))
    index = np.arange(48).reshape(6, 8) % 5
    part = table.spread(index).cut(slice(1, 3), slice(0, 8))
    assert (part.index == index[1:3]).all()
    assert (part.move == table.move).all()
