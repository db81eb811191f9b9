"""The response of POST trajectory: lines or a history, and their descriptions."""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from numpy.typing import NDArray
from rest_framework import serializers

from noising.api.core.responses import MetricsSerializer, count_unchanged
from noising.api.problems import ContentTooLarge
from noising.api.processes import convert_process_error
from noising.api.trajectory.requests import FIELDS, TrajectoryRequest
from noising.budget import API_WORK
from noising.engine import EngineError, fresh_seed
from noising.metrics import count_states

OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE


class TrajectoryLines:
    """NDJSON, a line for each timestep, computed when it is read.

    The first line is computed at once, so that a wrong request is refused before
    anything is sent.
    """

    def __init__(self, request: TrajectoryRequest) -> None:
        """Compute the first line.

        Raises:
            ValidationError: the hyperschedule does not fit the sequence's length.
            BusyError: other requests do all the costly work that is allowed.
        """
        seed = fresh_seed() if request.seed is None else request.seed
        self.headers = build_headers(request, seed)
        self._lines = _compute_lines(request, seed)
        try:
            self._first: bytes | None = next(self._lines)
        except EngineError as error:
            raise convert_process_error(
                error, request.selection.overlay, FIELDS
            ) from None

    def __iter__(self) -> "TrajectoryLines":
        """Return the remaining lines."""
        return self

    def __next__(self) -> bytes:
        """Return the next line."""
        if self._first is not None:
            line, self._first = self._first, None
            return line
        return next(self._lines)

    def close(self) -> None:
        """Skip the remaining lines, and release the permit for costly work."""
        self._lines.close()


def _compute_lines(
    request: TrajectoryRequest, seed: int
) -> Generator[bytes, None, None]:
    process, tokens = request.selection.process, request.tokens
    with API_WORK.permit(request.seconds):
        states = process.walk(
            request.kind,
            tokens,
            request.timesteps,
            seed=seed,
            sequence_ids=request.sequence_id,
            draw=request.draw,
        )
        for timestep, state in zip(
            request.timesteps.tolist(), count_states(states), strict=True
        ):
            unchanged = int(np.count_nonzero(state == tokens))
            line = {
                "timestep": timestep,
                "alpha": process.alphas[timestep],
                "noised_tokens": state,
                "metrics": count_unchanged(unchanged, tokens.size),
            }
            yield orjson.dumps(line, option=OPTIONS)


def build_headers(request: TrajectoryRequest, seed: int) -> dict[str, str]:
    """Return the headers of the response."""
    return {
        "Noise-Seed": str(seed),
        "Noise-Fingerprint": request.selection.process.fingerprint,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A trajectory in one document.

    Attributes:
        document: JSON-ready.
        headers: of the response.
    """

    document: dict[str, Any]
    headers: dict[str, str]


def compute_history(request: TrajectoryRequest) -> History:
    """Compute a trajectory, and keep only the changes between its states.

    Timesteps are sorted and repeated ones removed: coupled states do not depend on the
    order, and those of a Markov path must ascend anyway.

    Raises:
        ValidationError: the hyperschedule does not fit the sequence's length.
        ContentTooLarge: there are more changes than a response may hold.
        BusyError: other requests do all the costly work that is allowed.
    """
    process, tokens = request.selection.process, request.tokens
    seed = fresh_seed() if request.seed is None else request.seed
    timesteps = request.timesteps
    if request.kind == "coupled":
        timesteps = np.unique(timesteps)
    try:
        with API_WORK.permit(request.seconds):
            states = process.walk(
                request.kind,
                tokens,
                timesteps,
                seed=seed,
                sequence_ids=request.sequence_id,
                draw=request.draw,
            )
            changes = _group_by_position(
                tokens, zip(timesteps.tolist(), count_states(states), strict=True)
            )
    except EngineError as error:
        raise convert_process_error(error, request.selection.overlay, FIELDS) from None
    document = {
        "timesteps": timesteps,
        "alphas": process.alphas[timesteps],
        "changes": changes,
        "seed": seed,
        "fingerprint": process.fingerprint,
    }
    return History(document=document, headers=build_headers(request, seed))


def _group_by_position(
    tokens: NDArray[Any], states: Iterable[tuple[int, NDArray[Any]]]
) -> list[NDArray[np.int64]]:
    """Return the changes of each position, (n, 2) timesteps and ids."""
    changes = np.concatenate(
        [np.empty((0, 3), np.int64), *_find_changes(tokens, states)]
    )
    changes = changes[np.argsort(changes[:, 0], kind="stable")]
    counts = np.bincount(changes[:, 0], minlength=tokens.size)
    # orjson writes only contiguous arrays.
    pairs = np.ascontiguousarray(changes[:, 1:])
    return np.split(pairs, np.cumsum(counts)[:-1])


def _find_changes(
    tokens: NDArray[Any], states: Iterable[tuple[int, NDArray[Any]]]
) -> Iterator[NDArray[np.int64]]:
    """Yield the changes of each state from the one before: position, timestep, id.

    Raises:
        ContentTooLarge: there are more than a response may hold. Only a Markov path
            that changes nearly all tokens at each step has so many.
    """
    before, count = tokens, 0
    for timestep, state in states:
        changed = np.flatnonzero(state != before)
        count += changed.size
        if count > settings.MAX_TOKENS:
            raise ContentTooLarge(
                f"A JSON response must not have more than {settings.MAX_TOKENS} "
                f"changes, and up to timestep {timestep} there are {count}: request "
                "fewer timesteps, or application/x-ndjson."
            )
        yield np.column_stack(
            [changed, np.full(changed.size, timestep), state[changed].astype(np.int64)]
        )
        before = state


class TrajectoryStateSerializer(serializers.Serializer[Any]):
    """One line of the response of POST trajectory."""

    timestep = serializers.IntegerField()
    alpha = serializers.FloatField(
        help_text="At the timestep, without a hyperschedule."
    )
    noised_tokens = serializers.ListField(child=serializers.IntegerField())
    metrics = MetricsSerializer()


PAIR = {
    "type": "array",
    "items": {"type": "integer", "minimum": 0},
    "minItems": 2,
    "maxItems": 2,
}


@extend_schema_field({"type": "array", "items": {"type": "array", "items": PAIR}})
class _ChangesField(serializers.Field[Any, Any, Any, Any]):
    """Pairs of timestep and id for each position."""


class TrajectoryHistorySerializer(serializers.Serializer[Any]):
    """The response of POST trajectory as JSON."""

    timesteps = serializers.ListField(
        child=serializers.IntegerField(min_value=0),
        help_text="The requested timesteps, in ascending order.",
    )
    alphas = serializers.ListField(
        child=serializers.FloatField(),
        help_text="Alpha at each timestep, without a hyperschedule.",
    )
    changes = _ChangesField(
        help_text="For each position, pairs of a timestep at which its id changes and "
        "the new id, in ascending order. At a timestep, a position has the id of its "
        "last change up to then, or its clean token if there is none."
    )
    seed = serializers.IntegerField(min_value=0)
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification used.")
