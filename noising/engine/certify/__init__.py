"""Certificates: tests of a noise process's formulas and samples.

``certify(process)`` returns a `Certificate`; ``python -m noising.engine.certify
SPEC.json`` prints one.
"""

from collections.abc import Iterator
from typing import Final

from noising.engine.certify.certificate import (
    CERTIFICATE_VERSION,
    FALSE_ALARM_RATE,
    Certificate,
    Check,
    Evidence,
    PValue,
)
from noising.engine.certify.coupling import (
    by_position,
    independence,
    nesting,
    same_bytes,
)
from noising.engine.certify.golden import golden_vectors
from noising.engine.certify.identities import identities
from noising.engine.certify.laws import COLUMNS, laws, markov_path
from noising.engine.errors import EngineError
from noising.engine.parameters import Integer
from noising.engine.process import ForwardProcess
from noising.engine.randomness import check_seed
from noising.engine.registry import with_hyperschedule

SAMPLES: Final = Integer(
    default=1 << 20,
    low=2 * COLUMNS,
    high=1 << 24,
    help="tokens drawn for each timestep and token that is tested",
)
DEFAULT_SEED: Final = 0


def certify(
    process: ForwardProcess,
    *,
    samples: int = SAMPLES.default,
    seed: int = DEFAULT_SEED,
) -> Certificate:
    """Test a process's random words, formulas and samples.

    Args:
        process: the noise process.
        samples: tokens drawn for each timestep and token that is tested, 512..2^24;
            rounded up to a multiple of 512.
        seed: 0..2^64-1; the same seed gives the same certificate.

    Raises:
        EngineError: `samples` or `seed` out of range.
    """
    drawn = -(-SAMPLES.parse(samples, "samples") // SAMPLES.low) * SAMPLES.low
    used = check_seed(seed)
    evidence = _evidence(process, samples=drawn, seed=used)
    return Certificate.of(process, evidence, seed=used, samples=drawn)


def _evidence(
    process: ForwardProcess, *, samples: int, seed: int
) -> Iterator[Evidence]:
    yield golden_vectors()
    yield from identities(process)
    bare = with_hyperschedule(process, None)
    yield from laws(bare, samples=samples, seed=seed)
    yield markov_path(bare, samples=samples, seed=seed)
    yield independence(bare, samples=samples, seed=seed)
    yield nesting(bare, seed=seed)
    yield same_bytes(bare, samples=samples, seed=seed)
    yield by_position(process, samples=samples, seed=seed)


__all__ = [
    "CERTIFICATE_VERSION",
    "DEFAULT_SEED",
    "FALSE_ALARM_RATE",
    "SAMPLES",
    "Certificate",
    "Check",
    "EngineError",
    "PValue",
    "certify",
]
