"""The states of a trajectory, line by line."""

from collections.abc import Generator

import numpy as np
import orjson

from noising.api.core.responses import metrics
from noising.api.process_requests import engine_misfit
from noising.api.trajectory.requests import FIELDS, TrajectoryOrder
from noising.budget import API_WORK
from noising.engine import EngineError, fresh_seed

OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE


class Lines:
    """NDJSON, a line a timestep, each worked out when it is asked for.

    The first is worked out at once: whatever can be refused is refused by then, before
    anything is sent.
    """

    def __init__(self, order: TrajectoryOrder) -> None:
        """Work out the first line.

        Raises:
            ValidationError: the hyperschedule does not fit the sequence's length.
            BusyError: other requests do all the costly work that is allowed.
        """
        seed = fresh_seed() if order.seed is None else order.seed
        self.headers = {
            "Noise-Seed": str(seed),
            "Noise-Fingerprint": order.chosen.process.fingerprint,
        }
        self._lines = _lines(order, seed)
        try:
            self._first: bytes | None = next(self._lines)
        except EngineError as error:
            raise engine_misfit(error, order.chosen.overlay, FIELDS) from None

    def __iter__(self) -> "Lines":
        """Return the lines that are left."""
        return self

    def __next__(self) -> bytes:
        """Return the next line."""
        if self._first is not None:
            line, self._first = self._first, None
            return line
        return next(self._lines)

    def close(self) -> None:
        """Skip the lines that are left, and release the permit for costly work."""
        self._lines.close()


def _lines(order: TrajectoryOrder, seed: int) -> Generator[bytes, None, None]:
    process, tokens = order.chosen.process, order.tokens
    with API_WORK.permit(order.seconds):
        states = process.walk(
            order.kind,
            tokens,
            order.timesteps,
            seed=seed,
            sequence_ids=order.sequence_id,
            draw=order.draw,
        )
        for timestep, state in zip(order.timesteps.tolist(), states, strict=True):
            unchanged = int(np.count_nonzero(state == tokens))
            line = {
                "timestep": timestep,
                "alpha": process.alphas[timestep],
                "noised_tokens": state,
                "metrics": metrics(unchanged, tokens.size),
            }
            yield orjson.dumps(line, option=OPTIONS)
