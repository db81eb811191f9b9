"""Audits of corruption functions: calls them as a training job would."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import numpy as np

from noising.audit.audit import OF_AUDIT, Audit
from noising.audit.checks.dependence import Rows, compare_rows
from noising.audit.evidence import Test
from noising.audit.law import Observed
from noising.audit.pairs import MAX_LENGTH, check_pairs
from noising.audit.report import Report
from noising.engine import EngineError, ForwardProcess, build_process
from noising.engine.arrays import IntArray
from noising.engine.parameters import Integer

Function: TypeAlias = Callable[[Any, Any, int, int], Mapping[str, Any]]
"""Takes x0, a seed, the rank and the step; returns xt and what it has of the rest."""

RETURNED: Final = ("t", "timestep", "alpha", "moved", "weights", "protect", "lengths")
"""Names of what a function may return beside ``xt``; others are ignored."""

EPOCHS: Final = 2
"""How often each row is noised."""

STEPS: Final = 8
"""Steps of each rank in an epoch."""

_ROWS: Final = Integer(low=1, high=1 << 24, help="rows of the data set")
_LENGTH: Final = Integer(low=1, high=MAX_LENGTH, help="tokens in a row")
_RANKS: Final = Integer(low=1, high=64, help="ranks")
_SEED: Final = Integer(low=0, high=(1 << 63) - 1, help="seed of the job")


def audit_function(
    fn: Function,
    spec: Mapping[str, Any] | ForwardProcess,
    *,
    rows: int = 4096,
    length: int = 256,
    vocab_size: int | None = None,
    data: Any = None,
    ranks: int = 4,
    resume: Callable[[int], Function] | None = None,
    seed: int = 0,
    on_step: Callable[[int, int], None] | None = None,
    **claims: Any,
) -> Report:
    """Judge a corruption function against a claim.

    The function noises each row of a data set in two epochs, as a job on several ranks
    would: step k of rank r takes other rows than the other steps and ranks. Adapters
    for collators, for functions of one row and for methods of a trainer are in
    `noising.audit.adapters`.

    Args:
        fn: ``fn(x0, seed, rank, step)`` -> mapping with ``xt`` and what it has of
            ``t``, ``timestep``, ``alpha``, ``moved``, ``weights``, ``protect`` and
            ``lengths``, as NumPy arrays or torch tensors. x0 is an int64 array, (B, L),
            and the seed is the job's, the same for all ranks and steps.
        spec: the claimed specification, or a process.
        rows: rows of the data set; rounded up to whole batches. Ignored with `data`.
        length: tokens in a row. Ignored with `data`.
        vocab_size: ids of the made-up rows lie below it; None for the specification's.
        data: (N, L) rows to noise in place of made-up ones, for a function that treats
            ids differently.
        ranks: number of ranks.
        resume: takes a step and returns the function of a job that is restored from a
            checkpoint after this number of steps; None leaves that untested.
        seed: the seed that the function gets, and that of made-up rows.
        on_step: called after each step with its number and that of all steps.
        **claims: the further arguments of `Audit`.

    Raises:
        EngineError: an argument is invalid, or the function returns something else.
    """
    process = spec if isinstance(spec, ForwardProcess) else build_process(spec)
    seed = _SEED.parse(seed, "seed")
    ranks = _RANKS.parse(ranks, "ranks")
    clean = _make_data(process, data, rows, length, vocab_size, ranks, seed)
    for name in claims:
        if name not in OF_AUDIT:
            rule = f"must be one of {', '.join(OF_AUDIT)}"
            raise EngineError(name, "unknown_argument", rule, claims[name])
    audited = Audit(process, **claims)
    job = _Job(process=process, clean=clean, ranks=ranks, seed=seed)
    total = EPOCHS * STEPS * ranks
    early: list[Rows] = []
    expected: Rows | None = None
    for done, (step, rank) in enumerate(job.order(), start=1):
        noised = job.call(fn, step, rank)
        x0, ids = job.batch(step, rank)
        epoch = step // STEPS
        audited.add(x0, **noised, ids=ids, epoch=epoch, rank=rank)
        if resume is not None and rank == 0:
            patterns = job.patterns(step, noised)
            if patterns is not None and step < job.restart:
                early.append(patterns)
            elif step == job.restart:
                expected = patterns
        if on_step is not None:
            on_step(done, total)
    if resume is not None:
        tests = _resume_tests(job, resume(job.restart), early, expected)
        audited.add_tests(tests)
    return audited.report()


class _Job:
    """The batches of a training job."""

    def __init__(
        self, *, process: ForwardProcess, clean: IntArray, ranks: int, seed: int
    ) -> None:
        self._process = process
        self._clean, self._ranks, self._seed = clean, ranks, seed
        self._height = len(clean) // (STEPS * ranks)
        self.restart = STEPS // 2
        """The number of steps before the checkpoint."""

    def order(self) -> Iterator[tuple[int, int]]:
        """Yield the steps of all ranks."""
        for step in range(EPOCHS * STEPS):
            for rank in range(self._ranks):
                yield step, rank

    def batch(self, step: int, rank: int) -> tuple[IntArray, IntArray]:
        """Return the rows of a step, and their numbers."""
        start = (step % STEPS * self._ranks + rank) * self._height
        ids = np.arange(start, start + self._height)
        return self._clean[ids], ids

    def call(self, fn: Function, step: int, rank: int) -> dict[str, Any]:
        """Return what the function makes of a batch, as arrays by name.

        Raises:
            EngineError: it returns no mapping, or one without ``xt``.
        """
        x0, _ = self.batch(step, rank)
        returned = fn(x0.copy(), self._seed, rank, step)
        if not isinstance(returned, Mapping) or returned.get("xt") is None:
            rule = "must return a mapping with `xt`"
            raise EngineError("fn", "wrong_result", rule, type(returned).__name__)
        return {
            name: to_array(returned[name])
            for name in ("xt", *RETURNED)
            if returned.get(name) is not None
        }

    def patterns(self, step: int, noised: Mapping[str, Any]) -> Rows | None:
        """Return which tokens of a batch of rank 0 changed."""
        x0, _ = self.batch(step, 0)
        pairs = check_pairs(self._process, x0, **noised)
        return Rows.of(Observed.of(self._process, pairs))


def _resume_tests(
    job: _Job, fn: Function, early: list[Rows], expected: Rows | None
) -> Iterator[Test]:
    """Yield tests of the first step after a restart."""
    found = job.patterns(job.restart, job.call(fn, job.restart, 0))
    if found is None:
        return
    for step, rows in enumerate(early):
        count = compare_rows(found, rows)
        if count.trials:
            yield count.test(
                "replay_after_resume",
                f"step {step}",
                f"tokens of the step after the restart and of step {step}",
                np.ones(found.changed.shape[1]),
            )
    if expected is not None:
        differing = int((found.changed != expected.changed).sum())
        yield Test(
            code="resume_differs",
            case=f"step {job.restart}",
            sentence=f"{differing:,} of {found.changed.size:,} tokens of the step "
            "after the restart change in one run and not in the other",
            measured=float(differing),
            expected=0.0,
            p_value=0.0 if differing else 1.0,
        )


def _make_data(
    process: ForwardProcess,
    data: Any,
    rows: int,
    length: int,
    vocab_size: int | None,
    ranks: int,
    seed: int,
) -> IntArray:
    """Return the rows of the data set, a whole number of batches of two or more."""
    step = STEPS * ranks
    if data is not None:
        given = np.asarray(data)
        if given.dtype.kind not in "iu" or given.ndim != 2 or len(given) < step:
            rule = f"must hold at least {step} rows of integers, (N, L)"
            raise EngineError("data", "wrong_shape", rule, list(given.shape))
        return given[: len(given) // step * step].astype(np.int64)
    size = process.vocab_size
    if vocab_size is not None:
        size = Integer(low=1, high=size, help="").parse(vocab_size, "vocab_size")
    count = -(-_ROWS.parse(rows, "rows") // step) * step
    generator = np.random.default_rng(seed)
    shape = (count, _LENGTH.parse(length, "length"))
    clean: IntArray = generator.integers(0, size, shape)
    mask_id = process.mask_id
    if mask_id is not None and mask_id < size:
        clean = np.where(clean == mask_id, 1 if mask_id == 0 else 0, clean)
    return clean


def to_array(value: Any) -> Any:
    """Return a torch tensor as an array, and other values as they are."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
        return value.numpy()
    return value
