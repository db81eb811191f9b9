"""Measures audits: false alarms, the size of the faults that they find, and cost.

``python -m benchmarks.audits`` prints the tables of docs/audit.md; it takes a few
minutes.
"""

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from typing import Final

import numpy as np

from noising.arguments import integer
from noising.audit import Audit, Report
from noising.engine import ForwardProcess, build_process

LENGTH: Final = 256
SIZES: Final = (10**5, 10**6, 10**7)
PART: Final = 2048  # rows that are made at a time

SMALL: Final = {"vocab_size": 27, "schedule": {"type": "cosine"}}
LARGE: Final = {"vocab_size": 1000, "schedule": {"type": "loglinear"}}
MIXTURE: Final = {"type": "mixture", "share": {"type": "log_snr"}}

POWERS: Final = {
    "wrong_alpha": "the share of changed tokens, over all times",
    "masked_share": "the share of masks among changed tokens, in 1/16 of time",
    "replacement_law": "the share of one id of 1,000 among resampled tokens",
    "own_token_excluded": "the share of resampled tokens with their own id",
    "dependent_positions": "how often two neighbours both change",
    "repeated_rows": "how often tokens of two successive rows both change",
    "same_noise_on_ranks": "how often tokens of two ranks both change",
    "frozen_noise": "how often a token changes in two epochs",
    "noise_by_position": "the share of changed tokens at one position",
    "noise_by_token": "the share of changed tokens of one id",
    "even_counts": "the variance of the rows' places in their law, 1/12",
    "times_not_uniform": "the share of times in 1/65 of the range",
    "times_stick_to_rows": "the correlation of a row's times in two epochs",
}
"""What the table of powers shows of each code."""


def audit_own(
    process: ForwardProcess, tokens: int, *, length: int = LENGTH, seed: int = 0
) -> Report:
    """Audit the engine's own sampler, in parts."""
    audited = Audit(process)
    rng = np.random.default_rng(seed)
    rows = -(-tokens // length)
    for start in range(0, rows, PART):
        ids = np.arange(start, min(start + PART, rows))
        x0 = rng.integers(0, process.vocab_size, (ids.size, length))
        t = 1.0 - rng.random(ids.size)
        noised = process.noise(x0, t=t, seed=seed, sequence_ids=ids)
        audited.add(
            *(x0, noised.tokens),
            t=t,
            moved=noised.resampled,
            ids=ids % max(rows // 2, 1),
            epoch=ids // max(rows // 2, 1),
            rank=ids % 4,
        )
    return audited.report()


def count_false_alarms(seeds: int) -> Iterator[str]:
    """Yield a line for each graph: audits of the right sampler with findings."""
    for graph in ("absorbing", "uniform"):
        process = build_process({**SMALL, "graph": {"type": graph}})
        reports = [
            audit_own(process, 4096, length=32, seed=seed) for seed in range(seeds)
        ]
        failed = sum(report.verdict == "failed" for report in reports)
        least = min(test.p_value for report in reports for test in report.tests)
        yield f"{graph}: {failed} of {seeds} failed, least adjusted p-value {least:.2g}"


def list_powers() -> Iterator[str]:
    """Yield the rows of the table of powers."""
    yield f"| code | smallest deviation of | {' | '.join(f'{n:.0e}' for n in SIZES)} |"
    yield f"|---|---|{'---|' * len(SIZES)}"
    sizes: dict[str, list[float | None]] = {code: [] for code in POWERS}
    for tokens in SIZES:
        found: dict[str, float | None] = {}
        for graph in ({"type": "uniform"}, MIXTURE):
            report = audit_own(build_process({**LARGE, "graph": graph}), tokens)
            found = {test.code: test.smallest_fault for test in report.tests} | found
        either = found.get("even_counts") or found.get("uneven_counts")
        for code in POWERS:
            size = either if code == "even_counts" else found.get(code)
            sizes[code].append(size)
    for code, of in POWERS.items():
        shown = " | ".join(
            "-" if size is None else f"{size:.1g}" for size in sizes[code]
        )
        yield f"| `{code}` | {of} | {shown} |"


def measure_cost(tokens: int = 10**7) -> Iterator[str]:
    """Yield a line for each graph: time and memory of an audit in one process."""
    for graph in ("absorbing", "uniform"):
        process = build_process(
            {"graph": {"type": graph}, "schedule": LARGE["schedule"]}
        )
        rng = np.random.default_rng(0)
        rows = tokens // 1024
        x0 = rng.integers(0, process.vocab_size, (rows, 1024), dtype=np.int32)
        t = 1.0 - rng.random(rows)
        noised = process.noise(x0, t=t, seed=0)
        xt, moved = noised.tokens, noised.resampled
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        audited = Audit(process)
        audited.add(x0, xt, t=t, moved=moved, rank=np.arange(rows) % 4)
        audited.report()
        seconds = time.process_time() - start
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        yield (
            f"{graph}, {tokens:.0e} tokens, V = {process.vocab_size}: {seconds:.1f} s "
            f"of processor time, {(after - before) / 1024:.0f} MB above the arrays"
        )


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audits")
    parser.add_argument("--seeds", type=integer, default=1000, metavar="N")
    options = parser.parse_args()
    for title, lines in (
        ("Cost", measure_cost()),
        ("Powers", list_powers()),
        ("False alarms", count_false_alarms(options.seeds)),
    ):
        sys.stdout.write(f"{title}\n")
        for line in lines:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
