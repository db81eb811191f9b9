"""A trajectory as a history: what each position changes to, and when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from noising.api.problems import ContentTooLarge
from noising.api.process_requests import engine_misfit
from noising.api.trajectory.requests import FIELDS, TrajectoryOrder
from noising.budget import API_WORK
from noising.engine import EngineError, fresh_seed


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The whole trajectory in one document.

    Attributes:
        document: JSON-ready.
        headers: what the answer says in its headers.
    """

    document: dict[str, Any]
    headers: dict[str, str]


def history_of(order: TrajectoryOrder) -> History:
    """Work out a trajectory, and keep of each state what is new in it.

    Timesteps are taken in rising order, each once: coupled states do not depend on
    the order, and those of a Markov path must rise anyway.

    Raises:
        ValidationError: the hyperschedule does not fit the sequence's length.
        ContentTooLarge: there are more changes than one answer may hold.
        BusyError: other requests do all the costly work that is allowed.
    """
    process, tokens = order.chosen.process, order.tokens
    seed = fresh_seed() if order.seed is None else order.seed
    timesteps = order.timesteps
    if order.kind == "coupled":
        timesteps = np.unique(timesteps)
    try:
        with API_WORK.permit(order.seconds):
            states = process.walk(
                order.kind,
                tokens,
                timesteps,
                seed=seed,
                sequence_ids=order.sequence_id,
                draw=order.draw,
            )
            changes = _by_position(tokens, zip(timesteps.tolist(), states, strict=True))
    except EngineError as error:
        raise engine_misfit(error, order.chosen.overlay, FIELDS) from None
    document = {
        "timesteps": timesteps,
        "alphas": process.alphas[timesteps],
        "changes": changes,
        "seed": seed,
        "fingerprint": process.fingerprint,
    }
    headers = {
        "Noise-Seed": str(seed),
        "Noise-Fingerprint": process.fingerprint,
    }
    return History(document=document, headers=headers)


def _by_position(
    tokens: NDArray[Any], states: Iterable[tuple[int, NDArray[Any]]]
) -> list[NDArray[np.int64]]:
    """Return the changes of each position, (n, 2) timesteps and ids."""
    changes = np.concatenate([np.empty((0, 3), np.int64), *_changes(tokens, states)])
    changes = changes[np.argsort(changes[:, 0], kind="stable")]
    counts = np.bincount(changes[:, 0], minlength=tokens.size)
    # orjson writes an array only where it lies in one piece.
    pairs = np.ascontiguousarray(changes[:, 1:])
    return np.split(pairs, np.cumsum(counts)[:-1])


def _changes(
    tokens: NDArray[Any], states: Iterable[tuple[int, NDArray[Any]]]
) -> Iterator[NDArray[np.int64]]:
    """Yield of each state what differs from the one before: position, timestep, id.

    Raises:
        ContentTooLarge: there are more than an answer may hold. Only a Markov path
            through nearly all states at each step comes to that.
    """
    before, count = tokens, 0
    for timestep, state in states:
        moved = np.flatnonzero(state != before)
        count += moved.size
        if count > settings.MAX_TOKENS:
            raise ContentTooLarge(
                f"A JSON response must not have more than {settings.MAX_TOKENS} "
                f"changes, and up to timestep {timestep} there are {count}: request "
                "fewer timesteps, or application/x-ndjson."
            )
        yield np.column_stack(
            [moved, np.full(moved.size, timestep), state[moved].astype(np.int64)]
        )
        before = state
