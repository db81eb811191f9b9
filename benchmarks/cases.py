"""The configuration of a run: schedules, sampling and timing cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.corpora import legible
from benchmarks.names import explain_refusal, make_default_name
from noising.engine import GRAPH_TYPES, TYPE_WEIGHTS
from noising.engine.parameters import REQUIRED
from noising.engine.randomness import MAX_SEED
from noising.engine.registry import NUM_TIMESTEPS, VOCAB_SIZE

DEFAULT_SCHEDULES: Final = (
    "sedd_entropy",
    "cosine",
    "linear",
    "quadratic",
    "loglinear",
    "geometric",
)
DEFAULT_BASELINE: Final = "uniform"
GRAPHS: Final = tuple(
    name
    for name, kind in GRAPH_TYPES.items()
    if all(parameter.default is not REQUIRED for parameter in kind.PARAMETERS.values())
)
"""The graphs that need no parameters, so that a name defines them."""
DEFAULT_GRAPH: Final = "uniform"
DEFAULT_CORPUS: Final = "setmm"
DEFAULT_VOCAB_SIZE: Final = 50_257
DEFAULT_NUM_TIMESTEPS: Final = 1_000
DEFAULT_SAMPLES: Final = 512
MAX_SAMPLES: Final = 1_000_000

# Longer sequences are cut, so that a corpus with a single very long sequence, as
# language models are trained on, takes no more memory than one of short proofs.
MAX_SEQUENCE_TOKENS: Final = 1_024

BATCH_ROWS: Final = 1_024
BATCH_LENGTH: Final = 1_024
BATCH_ALPHAS: Final = (0.999, 0.9, 0.5, 0.02)
SEQUENCE_ALPHA: Final = 0.5


class UsageError(ValueError):
    """A configuration that cannot be run; the message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkConfig:
    """Everything that determines the results of a run, except the machine.

    Attributes:
        schedules: (name, schedule specification) pairs, including the baseline.
        baseline: name of the schedule that the others are compared with.
        graph: specification of the graph that all schedules share, of a type in GRAPHS.
        corpus: `setmm`, `synthetic`, a path, or a name that the caller resolves.
        vocab_size: V of corpora that do not have their own vocabulary.
        num_timesteps: T.
        timesteps: ascending timesteps in 0..T-1 at which to measure.
        samples: number of sequences to noise at every timestep.
        seed: 0..2**64 - 1; determines the sequences drawn and all noise.
        decision: whether to compute which schedule to take, which needs two.
        name: what people call the run, which changes no result; empty for a default.
        tokenizer: tokenizer of a file of text; None for the default.
    """

    schedules: tuple[tuple[str, Mapping[str, Any]], ...]
    baseline: str
    graph: Mapping[str, Any]
    corpus: str
    vocab_size: int
    num_timesteps: int
    timesteps: tuple[int, ...]
    samples: int
    seed: int
    decision: bool = False
    name: str = ""
    tokenizer: str | None = None

    def __post_init__(self) -> None:
        """Check everything that does not depend on the corpus.

        Raises:
            UsageError: a value is out of range.
        """
        names = [name for name, _ in self.schedules]
        if len(set(names)) < len(names):
            raise UsageError("schedules: each may be named once only")
        if self.baseline not in names:
            raise UsageError(f"baseline: {self.baseline!r} is not among the schedules")
        for name, limits in (
            ("vocab_size", VOCAB_SIZE),
            ("num_timesteps", NUM_TIMESTEPS),
        ):
            value = getattr(self, name)
            if not limits.low <= value <= limits.high:
                raise UsageError(
                    f"{name}: must lie in {limits.low}..{limits.high}, got {value}"
                )
        if self.graph.get("type") not in GRAPHS:
            kind = self.graph.get("type")
            raise UsageError(f"graph: must be one of {', '.join(GRAPHS)}, got {kind!r}")
        last = self.num_timesteps - 1
        if not self.timesteps:
            raise UsageError("timesteps: name at least one")
        if list(self.timesteps) != sorted(set(self.timesteps)):
            raise UsageError("timesteps: must ascend without repetition")
        for timestep in (self.timesteps[0], self.timesteps[-1]):
            if not 0 <= timestep <= last:
                raise UsageError(f"timesteps: must lie in 0..{last}, got {timestep}")
        if not 1 <= self.samples <= MAX_SAMPLES:
            raise UsageError(
                f"samples: must lie in 1..{MAX_SAMPLES}, got {self.samples}"
            )
        if not 0 <= self.seed <= MAX_SEED:
            raise UsageError(f"seed: must lie in 0..{MAX_SEED}, got {self.seed}")
        if self.decision and len(names) < 2:
            raise UsageError("decision: must be between two or more schedules")
        if refusal := explain_refusal(self.name):
            raise UsageError(f"name: {refusal}")

    @property
    def title(self) -> str:
        """The name of the run, given or by default."""
        names = [name for name, _ in self.schedules]
        return self.name or make_default_name(names, self.baseline)

    def to_document(self) -> dict[str, Any]:
        """Return the `config` part of a results document."""
        return {
            "schedules": [name for name, _ in self.schedules],
            "baseline": self.baseline,
            "graph": dict(self.graph),
            "corpus": legible(self.corpus),
            "vocab_size": self.vocab_size,
            "num_timesteps": self.num_timesteps,
            "timesteps": list(self.timesteps),
            "samples": self.samples,
            "seed": self.seed,
            "type_weights": dict(TYPE_WEIGHTS),
            **({"decision": True} if self.decision else {}),
            **({"tokenizer": legible(self.tokenizer)} if self.tokenizer else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingCase:
    """One shape and noise level at which the programs are timed.

    Attributes:
        rows: number of sequences in one call.
        length: number of tokens of each sequence.
        alpha: chance that a token is not resampled.
    """

    rows: int
    length: int
    alpha: float

    @property
    def tokens(self) -> int:
        """Tokens in one call."""
        return self.rows * self.length


def timing_cases(typical_length: int) -> tuple[TimingCase, ...]:
    """Return the batch at four noise levels, and one sequence of typical length."""
    batches = (
        TimingCase(rows=BATCH_ROWS, length=BATCH_LENGTH, alpha=alpha)
        for alpha in BATCH_ALPHAS
    )
    single = TimingCase(rows=1, length=typical_length, alpha=SEQUENCE_ALPHA)
    return (*batches, single)


def default_timesteps(num_timesteps: int) -> tuple[int, ...]:
    """Return eleven timesteps from the first to the last: 0, 100, ..., 900, 999."""
    steps = {min(tenth * num_timesteps // 10, num_timesteps - 1) for tenth in range(11)}
    return tuple(sorted(steps))


def preservation_draw(timestep: int) -> int:
    """Return the draw for the preservation at a timestep.

    Schedules share it, so that they are compared under common random numbers.
    Timesteps have different draws, so that their errors are independent.
    """
    return 2 * timestep


def information_draw(timestep: int) -> int:
    """Return the draw for the information at a timestep."""
    return 2 * timestep + 1
