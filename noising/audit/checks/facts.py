"""What the claim rules out: invalid ids, changes of fixed tokens, flags that lie."""

from collections.abc import Iterator

import numpy as np

from noising.audit.checks.base import Check
from noising.audit.evidence import Test
from noising.audit.law import Observed, find_events
from noising.engine import ForwardProcess
from noising.engine.arrays import BoolArray


class Facts(Check):
    """Counts events of probability zero, each of which is a fault by itself."""

    def __init__(self, process: ForwardProcess) -> None:
        self._process = process
        self._may_draw = find_events(process)[1]
        self._found: dict[str, tuple[int, str]] = {}
        self._seen: dict[str, int] = {}

    def add(self, chunk: Observed) -> None:
        """Count a chunk."""
        pairs, mask_id = chunk.pairs, self._process.mask_id
        x0, xt = pairs.x0, pairs.xt
        real = None if pairs.padding is None else ~pairs.padding
        outside = (x0 < 0) | (x0 >= self._process.vocab_size)
        if mask_id is not None and mask_id >= self._process.vocab_size:
            outside &= x0 != mask_id  # reported by its own code
        self._count("data_out_of_vocabulary", chunk, _both(outside, real), "x0")
        if mask_id is not None:
            self._count("mask_in_data", chunk, _both(x0 == mask_id, real), "x0")
        self._count(
            "noised_out_of_vocabulary", chunk, _both(~chunk.in_states, real), "xt"
        )
        if pairs.protect is not None:
            fixed = np.broadcast_to(pairs.protect, pairs.shape)
            self._count("protected_changed", chunk, _both(fixed & (xt != x0), real))
        if pairs.padding is not None:
            self._count("padding_changed", chunk, pairs.padding & (xt != x0))
        if pairs.moved is not None:
            wrong = chunk.changed & ~pairs.moved
            if not self._may_draw:  # no token can draw its own id
                wrong |= pairs.moved & (xt == x0)
            else:
                wrong |= pairs.moved & ~chunk.eligible
            self._count("moved_disagrees", chunk, wrong)

    def _count(
        self, code: str, chunk: Observed, where: BoolArray, shown: str = ""
    ) -> None:
        number, example = self._found.get(code, (0, ""))
        self._seen[code] = self._seen.get(code, 0) + where.size
        count = int(np.count_nonzero(where))
        if count and not example:
            x0, xt = chunk.pairs.x0[where].flat[0], chunk.pairs.xt[where].flat[0]
            id_ = int(x0 if shown == "x0" else xt)
            example = f"id {id_}" if shown else f"id {int(x0)} became {int(xt)}"
        self._found[code] = (number + count, example)

    def tests(self) -> Iterator[Test]:
        """Yield a test for each code that applies to the pairs."""
        phrases = {
            "data_out_of_vocabulary": "clean tokens lie outside 0.."
            f"{self._process.vocab_size - 1}",
            "mask_in_data": "clean tokens are the mask",
            "noised_out_of_vocabulary": "noised tokens lie outside 0.."
            f"{self._process.num_states - 1}",
            "protected_changed": "protected tokens changed",
            "padding_changed": "padded positions changed",
            "moved_disagrees": "tokens changed without being marked in `moved`, or are "
            "marked where none can be resampled",
        }
        for code, (count, example) in self._found.items():
            for_example = f", for example {example}" if count else ""
            yield Test(
                code=code,
                case="all tokens",
                sentence=f"{count:,} {phrases[code]}{for_example}",
                measured=float(count),
                expected=0.0,
                p_value=0.0 if count else 1.0,
            )


def _both(where: BoolArray, real: BoolArray | None) -> BoolArray:
    return where if real is None else where & real
