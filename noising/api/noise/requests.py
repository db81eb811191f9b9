"""The request of POST noise: from a body and a query to one typed value."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from noising.api import parsers, query_params
from noising.api.array_fields import (
    WHOLE,
    MaskRowsField,
    PositionRowsField,
    Rows,
    TimeRowsField,
    TokensField,
    WeightRowsField,
    WholeField,
    WholeRowsField,
    find_range_errors,
    one_of_schema,
    rows_schema,
)
from noising.api.fields import EXTRAS, OneOf, WholeNumberField, format_value
from noising.api.noise import npy, safetensors
from noising.api.processes import ProcessSelection, SeededSerializer
from noising.engine.sampler.quotas import MAX_COUNT

PARAMETERS: Final[Mapping[str, query_params.Format]] = {
    "timesteps": query_params.NUMBERS,
    "times": query_params.NUMBERS,
    "schedule": query_params.NAME_OR_OBJECT,
    "seed": query_params.NUMBER,
    "sequence_ids": query_params.NUMBERS,
    "draw": query_params.NUMBER,
    "positions": query_params.ROW,
    "lengths": query_params.NUMBERS,
    "protect": query_params.OBJECT,
    "weights": query_params.ROW,
    "token_types": query_params.OBJECT,
    "hyperschedule": query_params.OBJECT,
    "count": query_params.NUMBERS,
    "at_least": query_params.NUMBERS,
    "block": query_params.NUMBER,
    "return": query_params.NAMES,
}
"""The format of each parameter in the query and in the metadata of safetensors."""

TENSORS: Final = frozenset(
    {
        *("tokens", "timesteps", "times", "sequence_ids", "positions", "lengths"),
        *("protect", "weights", "count", "at_least"),
    }
)

POSITION_SECONDS: Final = 2.5e-7
"""Time for a token that does not continue the sequence of the one before it."""

BATCH_EXTRAS: Final = (*EXTRAS, "complement")
"""What `return` may list."""

PROTECT_KEYS: Final = ("ids", "positions")
PROTECT_OBJECT: Final = {
    "type": "object",
    "properties": {key: {"type": "array", "items": WHOLE} for key in PROTECT_KEYS},
    "additionalProperties": False,
    "minProperties": 1,
}


def read_values(request: Request) -> Any:
    """Return the values of a request by name, from its query and its body together.

    Raises:
        APIException: the body is not what its Content-Type declares, or is too large.
        ValidationError: a parameter cannot be read, or is in both.
    """
    media_type, body = parsers.read_body(request, BODY_READERS)
    return add_query(BODY_READERS[media_type](body), request.query_params)


def add_query(values: Any, query: QueryDict) -> Any:
    """Return the values of a body and of a query together.

    Raises:
        ValidationError: a parameter cannot be read, or is in both.
    """
    return query_params.add_query(values, query, PARAMETERS)


def read_npy_body(body: bytes) -> dict[str, Any]:
    """Return the one array as the tokens."""
    return {"tokens": npy.read_npy(body)}


def read_safetensors_body(body: bytes) -> dict[str, Any]:
    """Return the tensors, and the parameters in the metadata."""
    arrays, metadata = safetensors.read_tensors(body)
    parameters = query_params.read_texts(metadata.items(), PARAMETERS)
    unknown = [name for name in arrays if name not in TENSORS]
    if unknown:
        text = f"must be one of the tensors {', '.join(sorted(TENSORS))}."
        raise ValidationError(
            {name: [ErrorDetail(f"`{name}` {text}", "unknown_key")] for name in unknown}
        )
    return query_params.merge_values(arrays, parameters)


BODY_READERS: Final[Mapping[str, Callable[[bytes], Any]]] = {
    parsers.MEDIA_TYPE: parsers.parse_json,
    npy.MEDIA_TYPE: read_npy_body,
    safetensors.MEDIA_TYPE: read_safetensors_body,
}
"""The reader of each media type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """Tokens that never change: those with some ids, and those at some positions.

    Attributes:
        ids: (N,) token ids.
        positions: (M,) positions, the same in every row.
    """

    ids: NDArray[np.int64]
    positions: NDArray[np.int64]

    def make_mask(self, tokens: NDArray[Any]) -> NDArray[np.bool_]:
        """Return the mask of tokens, (L,) or (B, L): True where they never change."""
        mask = np.isin(tokens, self.ids)
        mask[..., self.positions] = True
        return mask


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseBatchRequest:
    """A batch and how to noise it.

    Attributes:
        rows: the tokens.
        selection: the process.
        timesteps: integers, one, one for each row or one for each token, or None.
        times: real times instead of timesteps, or None.
        weights: by position, instead of a hyperschedule, or None.
        protect: tokens that never change, or None.
        lengths: (B,) real positions of padded rows, or None.
        seed: 0..2^64-1, or None for a random one.
        sequence_ids: one for each row or for each token, or None for the rows' indices.
        draw: 0..2^32-1.
        positions: of the tokens in their sequences, or None for 0..L-1.
        count: how many positions of each row or block move, () or (B,), or None.
        at_least: how many move at least, in the same shapes, or None.
        block: width of the blocks that `count` or `at_least` is for, or None for rows.
        extras: further keys of the response.
    """

    rows: Rows
    selection: ProcessSelection
    timesteps: Rows | None
    times: Rows | None
    weights: Rows | None
    protect: Rows | Protected | None
    lengths: NDArray[Any] | None
    seed: int | None
    sequence_ids: Rows | None
    draw: int
    positions: Rows | None
    count: NDArray[Any] | None
    at_least: NDArray[Any] | None
    block: int | None
    extras: frozenset[str]

    @property
    def given_times(self) -> Rows:
        """The timesteps or times, in the form of the request; one of them is given."""
        given = self.times if self.timesteps is None else self.timesteps
        return Rows(values=np.empty(())) if given is None else given

    @property
    def has_time_by_token(self) -> bool:
        """Whether each token has a time of its own."""
        return self.given_times.shape == self.rows.shape

    @property
    def has_own_positions(self) -> bool:
        """Whether tokens need not be those of one sequence from its start."""
        ids = self.sequence_ids
        by_token = ids is not None and ids.values.ndim > 0 and _match(ids, self.rows)
        return by_token or self.positions is not None

    @property
    def row_lengths(self) -> NDArray[Any] | None:
        """The number of real tokens in each padded row, or None if all are real."""
        return self.lengths if self.rows.lengths is None else self.rows.lengths

    def estimate_seconds(self, extras: frozenset[str]) -> float:
        """Estimate the time that everything but noising the tokens takes."""
        *many, length = self.rows.shape
        rows = many[0] if many else 1
        weighted = self.weights is not None
        by_row = self.weights is not None and self.weights.values.ndim > 1
        once = self.selection.cached.effort.of_noise(
            self.selection.process.hyperschedule,
            rows=rows,
            length=length,
            times=self.given_times.values.size,
            tabulated=self.times is None,
            alike=self.given_times.values.size == 1
            and self.row_lengths is None
            and not by_row
            and not self.has_own_positions,
            weighted=weighted,
        )
        return once * self._count_passes(extras)

    def estimate_position_seconds(self, extras: frozenset[str]) -> float:
        """Estimate the time that tokens at positions of their own take at most."""
        if not self.has_own_positions:
            return 0.0
        tokens = math.prod(self.rows.shape)
        return POSITION_SECONDS * tokens * self._count_passes(extras)

    def _count_passes(self, extras: frozenset[str]) -> int:
        """Return how often the batch's random numbers or noise levels are computed."""
        further = len(extras & {"alphas", "masks", "complement"})
        has_quota = self.count is not None or self.at_least is not None
        return 1 + further + has_quota


@extend_schema_field(
    one_of_schema(*rows_schema({"type": "boolean"})["oneOf"], PROTECT_OBJECT)
)
class ProtectField(MaskRowsField):
    """Tokens that never change: a mask, or ids and positions."""

    default_error_messages = {
        "unknown_key": "`{name}` may have the keys ids and positions, got {received}.",
        "empty_object": "`{name}` must have ids or positions, got neither.",
    }
    form = "a list of booleans, rows of them, or an object of ids and positions"

    def to_internal_value(self, data: Any) -> Rows | Protected:  # type: ignore[override]  # the base class returns masks alone
        """Return the mask, or the ids and positions."""
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        unknown = [key for key in data if key not in PROTECT_KEYS]
        if unknown:
            self.fail("unknown_key", received=format_value(unknown[0]))
        if not data:
            self.fail("empty_object")
        return Protected(
            **{key: self._parse_numbers(data, key) for key in PROTECT_KEYS}
        )

    def _parse_numbers(self, data: dict[str, Any], key: str) -> Any:
        given = data.get(key, [])
        if given == []:
            return np.empty(0, np.int64)
        field = WholeField()
        field.field_name = f"{self.name}.{key}"
        try:
            return field.to_internal_value(given).reshape(-1)
        except ValidationError as error:
            raise ValidationError({key: error.detail}) from None


class NoiseBatchRequestSerializer(SeededSerializer):
    """A batch of token sequences and how to noise it."""

    extras = BATCH_EXTRAS
    one_of = (
        OneOf(names=("timesteps", "times"), least=1, elsewhere=True),
        OneOf(names=("weights", "token_types", "hyperschedule")),
        OneOf(names=("count", "at_least")),
    )

    tokens = TokensField(
        help_text="Token ids of one sequence, or of rows, which may differ in length."
    )
    timesteps = WholeRowsField(
        default=None,
        allow_null=True,
        help_text="Timestep in 0..num_timesteps-1: one for all rows, one for each row "
        "or one for each token, in rows as long as those of the tokens. Noise by "
        "position needs one for all rows or for each.",
    )
    times = TimeRowsField(
        default=None,
        allow_null=True,
        help_text="Real times in [0, 1] instead of timesteps.",
    )
    sequence_ids = WholeRowsField(
        default=None,
        allow_null=True,
        help_text="Id of each row, on which its random numbers depend; by default the "
        "row's index. Or an id for each token, if rows hold several sequences.",
    )
    positions = PositionRowsField(
        default=None,
        allow_null=True,
        help_text="Position of each token in its sequence, on which its random numbers "
        "depend, or one for each column of all rows; by default 0, 1, 2 and so on. "
        "Noise by position must not depend on the whole row then.",
    )
    lengths = WholeField(
        default=None,
        allow_null=True,
        help_text="Number of real tokens in each row, if rows are padded. Padding does "
        "not change.",
    )
    protect = ProtectField(
        default=None,
        allow_null=True,
        help_text="Tokens that never change.",
    )
    weights = WeightRowsField(
        default=None,
        allow_null=True,
        help_text="Weights above 0, by token or by position; higher means less noise.",
    )
    count = WholeField(
        default=None,
        allow_null=True,
        help_text="Exactly so many positions of each row move, those that move first "
        "as the time rises, of the ones that are neither protected nor padding: one "
        "number, or one for each row. Needs a graph with one event, such as `uniform`, "
        "`absorbing` or `marginal`, and one time for each row or block.",
    )
    at_least = WholeField(
        default=None,
        allow_null=True,
        help_text="Likewise: at least so many move.",
    )
    block = WholeNumberField(
        least=1,
        most=MAX_COUNT,
        default=None,
        allow_null=True,
        help_text="`count` or `at_least` is for each block of so many columns instead "
        "of for each row.",
    )

    def parse(self, values: Any) -> NoiseBatchRequest:
        """Return the request of some values by name.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        values = self.run_validation(values)
        request = NoiseBatchRequest(
            rows=values["tokens"],
            selection=self.select_process(values),
            timesteps=values["timesteps"],
            times=values["times"],
            weights=values["weights"],
            protect=values["protect"],
            lengths=_list_for_row(values["lengths"], values["tokens"]),
            seed=values["seed"],
            sequence_ids=_list_id_for_row(values["sequence_ids"], values["tokens"]),
            draw=values["draw"],
            positions=values["positions"],
            count=values["count"],
            at_least=values["at_least"],
            block=values["block"],
            extras=values["return"],
        )
        details = _find_errors(request)
        if details:
            raise ValidationError(details)
        return request


def _find_errors(request: NoiseBatchRequest) -> dict[str, Any]:
    """Return the error detail about fields that do not fit each other or the process.

    Each field was checked on its own before.
    """
    rows, process = request.rows, request.selection.process
    length = rows.shape[-1]
    details = {
        "tokens": find_range_errors("tokens", rows, most=process.vocab_size - 1),
        "timesteps": _find_timestep_errors(request),
        "times": _find_count_errors("times", request.times, rows, "time"),
        "sequence_ids": _find_id_errors(request),
        "positions": _find_shape_errors(
            "positions", request.positions, rows, "position"
        ),
        "lengths": _find_length_errors(request),
        "weights": _find_weight_errors(request),
        "protect": _find_protect_errors(request, length),
        "return": _find_extras_errors(request),
    }
    return {name: detail for name, detail in details.items() if detail}


def _find_timestep_errors(request: NoiseBatchRequest) -> Any:
    if request.timesteps is None:
        return None
    most = request.selection.process.num_timesteps - 1
    errors = find_range_errors("timesteps", request.timesteps, most=most)
    return errors or _find_count_errors(
        "timesteps", request.timesteps, request.rows, "timestep"
    )


def _find_count_errors(name: str, given: Rows | None, tokens: Rows, what: str) -> Any:
    """Refuse anything but one value, one for each row, or one for each token."""
    if given is None or given.shape in ((), tokens.shape[:-1]) or _match(given, tokens):
        return None
    *many, length = tokens.shape
    rule = f"must be one {what} or one for each of the {length} tokens"
    if many:
        rule = f"must be one {what}, one for each of the {many[0]} rows or one for "
        rule += "each token"
    text = f"`{name}` {rule}, got {given.values.size}."
    return [ErrorDetail(text, "wrong_length")]


def _match(given: Rows, tokens: Rows) -> bool:
    """Tell whether there is exactly one value for each token."""
    return given.shape == tokens.shape and given.fits(tokens)


def _find_id_errors(request: NoiseBatchRequest) -> Any:
    ids, tokens = request.sequence_ids, request.rows
    *many, length = tokens.shape
    if ids is None or ids.shape == tuple(many) or _match(ids, tokens):
        return None
    rule = f"one for one sequence or one for each of the {length} tokens"
    if many:
        rule = f"one for each of the {many[0]} rows or one for each token"
    text = f"`sequence_ids` must be {rule}, got {ids.values.size}."
    return [ErrorDetail(text, "wrong_length")]


def _find_length_errors(request: NoiseBatchRequest) -> Any:
    if request.lengths is None:
        return None
    *many, length = request.rows.shape
    if (
        request.rows.lengths is not None
        or list(request.lengths.shape) != many
        or not many
    ):
        text = "`lengths` must have one length for each row of tokens that are padded "
        text += f"to one length, got {request.lengths.size}."
        return [ErrorDetail(text, "wrong_length")]
    return find_range_errors("lengths", request.lengths, most=length)


def _find_shape_errors(name: str, given: Rows | None, tokens: Rows, what: str) -> Any:
    if given is None or given.fits(tokens):
        return None
    text = f"`{name}` must have one {what} for each token, or for each of the "
    text += f"{tokens.shape[-1]} positions, got {list(given.shape)} for tokens of "
    text += f"shape {list(tokens.shape)}."
    return [ErrorDetail(text, "wrong_length")]


def _find_weight_errors(request: NoiseBatchRequest) -> Any:
    weights = request.weights
    is_row = weights is not None and weights.shape == weights.values.shape[:1]
    if is_row and request.has_own_positions:
        return None  # one for each position of a sequence, however many it has
    return _find_shape_errors("weights", weights, request.rows, "weight")


def _find_protect_errors(request: NoiseBatchRequest, length: int) -> Any:
    given = request.protect
    if not isinstance(given, Protected):
        return _find_shape_errors("protect", given, request.rows, "boolean")
    most = request.selection.process.num_states - 1
    details = {
        "ids": find_range_errors("protect.ids", given.ids, most=most),
        "positions": find_range_errors(
            "protect.positions", given.positions, most=length - 1
        ),
    }
    return {name: detail for name, detail in details.items() if detail}


def _find_extras_errors(request: NoiseBatchRequest) -> Any:
    if "alphas" not in request.extras or not request.has_own_positions:
        return None
    if request.weights is None and request.selection.process.hyperschedule is None:
        return None
    text = "`return` must not hold alphas for noise by position together with "
    text += "`positions` or with `sequence_ids` by token: leave alphas out."
    return [ErrorDetail(text, "not_together")]


def _list_for_row(given: Any, tokens: Rows) -> Any:
    """Return a single number as a list if there is one row."""
    if given is None or given.ndim or tokens.shape[:-1] != (1,):
        return given
    return given.reshape(1)


def _list_id_for_row(given: Rows | None, tokens: Rows) -> Rows | None:
    if given is None or given.lengths is not None:
        return given
    return Rows(values=_list_for_row(given.values, tokens))


NOISE_BATCH: Final = NoiseBatchRequestSerializer()
