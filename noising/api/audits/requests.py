"""Requests about audits, as typed values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from noising.api import parsers, query_params
from noising.api.array_fields import (
    REALS,
    MaskRowsField,
    OneOrRowsField,
    Rows,
    TimeField,
    TimeRowsField,
    TokensField,
    WholeField,
    WholeRowsField,
    one_of_schema,
    rows_schema,
)
from noising.api.comparisons import parse_ids
from noising.api.fields import FlagField, OneOf, StrictSerializer, WholeNumberField
from noising.api.noise import safetensors
from noising.api.processes import ProcessSerializer
from noising.api.text_fields import (
    ChoiceField,
    NotesField,
    StoredTextField,
    TagsField,
)
from noising.audit.checks.weights import FORMS
from noising.audit.files import NAMES
from noising.audit.pairs import MAX_LENGTH
from noising.audits import MOST_COMPARED, Claims, Upload
from noising.engine import ForwardProcess
from noising.engine.training_times import METHODS
from noising.filters import NO_NUL
from noising.models import LONGEST_AUDIT_NAME

NPZ: Final = "application/x-npz"
SAFETENSORS: Final = safetensors.MEDIA_TYPE

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".json": parsers.MEDIA_TYPE,
    ".npz": NPZ,
    ".safetensors": SAFETENSORS,
}
"""Media type of each form of pairs."""

SUFFIX_OF: Final = {media_type: suffix for suffix, media_type in MEDIA_TYPES.items()}

PARAMETERS: Final[Mapping[str, query_params.Format]] = {
    "name": query_params.NAME,
    "schedule": query_params.NAME_OR_OBJECT,
    "low": query_params.NUMBER,
    "high": query_params.NUMBER,
    "method": query_params.NAME,
    "block": query_params.NUMBER,
    "form": query_params.NAME,
    "notes": query_params.NAME,
    "tags": query_params.NAMES,
    "keep": query_params.FLAG,
}
"""The format of each parameter in the query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAudit:
    """Pairs and what they are claimed to be.

    Attributes:
        process: the claimed noise process.
        claims: what else is claimed.
        upload: the body.
        arrays: the arrays of a JSON body; None for a file.
        keep: whether to keep the upload.
        name, notes, tags: of the audit.
    """

    process: ForwardProcess
    claims: Claims
    upload: Upload
    arrays: Mapping[str, NDArray[Any]] | None
    keep: bool
    name: str
    notes: str
    tags: Sequence[str]


@extend_schema_field(
    one_of_schema({"type": "number"}, *rows_schema({"type": "number"})["oneOf"])
)
class NumberRowsField(OneOrRowsField):
    """Numbers: one, one for each row, or one for each token."""

    item_type = REALS
    form = "a number, a list of them or rows of them"


class AuditNameField(StoredTextField):
    """A name of an audit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=LONGEST_AUDIT_NAME, **options)

    def schema(self) -> dict[str, Any]:
        """Return the schema of the text."""
        return super().schema() | {"pattern": NO_NUL}


class ClaimsSerializer(ProcessSerializer):
    """What pairs are claimed to be."""

    name = AuditNameField(
        default="", help_text="What is audited, such as a function or a commit."
    )
    low = TimeField(default=0.0, help_text="Lower end of the claimed times.")
    high = TimeField(default=1.0, help_text="Upper end of the claimed times.")
    method = ChoiceField(
        choices=tuple(METHODS),
        default=None,
        allow_null=True,
        help_text="How the times are claimed to be drawn; without it, only their "
        "distribution is tested.",
    )
    block = WholeNumberField(
        least=1,
        most=MAX_LENGTH,
        default=None,
        allow_null=True,
        help_text="Width of the blocks of a row that have times of their own.",
    )
    form = ChoiceField(
        choices=tuple(FORMS),
        default=None,
        allow_null=True,
        help_text="Claimed form of the weights; by default that of the negative ELBO.",
    )
    notes = NotesField(default="", help_text="Free text.")
    tags = TagsField(default=list, help_text="Short labels.")
    keep = FlagField(
        default=False,
        help_text="Whether to keep the pairs for download. Everyone who may read the "
        "audit may then read them. Otherwise only counts are stored.",
    )


class NewAuditSerializer(ClaimsSerializer):
    """The JSON body of POST audits: pairs and what they are claimed to be."""

    one_of = (OneOf(names=("t", "timestep")),)

    x0 = TokensField(help_text="Clean ids of one row, or of rows of one length.")
    xt = TokensField(help_text="Noised ids, in the shape of `x0`.")
    t = TimeRowsField(
        default=None,
        allow_null=True,
        help_text="Times in [0, 1]: one, one for each row or one for each token.",
    )
    timestep = WholeRowsField(
        default=None, allow_null=True, help_text="Timesteps in place of times."
    )
    alpha = TimeRowsField(
        default=None,
        allow_null=True,
        help_text="Declared alphas, likewise; they serve in place of times, or are "
        "compared with them.",
    )
    protect = MaskRowsField(
        default=None,
        allow_null=True,
        help_text="Whether a token must not change, by position or by token.",
    )
    lengths = WholeField(
        default=None,
        allow_null=True,
        help_text="Number of real positions of each padded row.",
    )
    moved = MaskRowsField(
        default=None,
        allow_null=True,
        help_text="Whether a token was resampled, by token.",
    )
    weights = NumberRowsField(
        default=None,
        allow_null=True,
        help_text="Weights of the loss: one for each row or one for each token.",
    )
    ids = WholeField(default=None, allow_null=True, help_text="Ids of the samples.")
    epoch = WholeField(
        default=None, allow_null=True, help_text="One epoch, or one for each row."
    )
    rank = WholeField(
        default=None,
        allow_null=True,
        help_text="One rank, or one for each row; rows of a rank in the order of its "
        "steps.",
    )


CLAIMS: Final = ClaimsSerializer()
NEW_AUDIT: Final = NewAuditSerializer()


class AuditChangesSerializer(StrictSerializer):
    """The body of PATCH audits/{id}: keys that are not given do not change."""

    name = AuditNameField(required=False, help_text="What is audited.")
    notes = NotesField(required=False, help_text="Free text.")
    tags = TagsField(required=False, help_text="Short labels.")

    def parse(self, document: Any) -> Mapping[str, Any]:
        """Return the changes by name.

        Raises:
            ValidationError: with one error for each field that cannot be used.
        """
        changes: dict[str, Any] = self.run_validation(document)
        return changes


def read_new_audit(request: Request) -> NewAudit:
    """Return the audit that a request describes, in its body and its query together.

    Raises:
        APIException: the body is not what its Content-Type declares, or is too large.
        ValidationError: with one error for each field that cannot be used.
    """
    media_type, body = parsers.read_body(request, SUFFIX_OF)
    is_json = media_type == parsers.MEDIA_TYPE
    document = parsers.parse_json(body) if is_json else {}
    values = query_params.add_query(document, request.query_params, PARAMETERS)
    serializer = NEW_AUDIT if is_json else CLAIMS
    values = serializer.run_validation(values)
    return NewAudit(
        process=serializer.select_process(values).process,
        claims=Claims(
            low=values["low"],
            high=values["high"],
            method=values["method"],
            block=values["block"],
            form=values["form"],
        ),
        upload=Upload(suffix=SUFFIX_OF[media_type], content=body),
        arrays=_list_arrays(values) if is_json else None,
        keep=values["keep"],
        name=values["name"],
        notes=values["notes"],
        tags=values["tags"],
    )


def _list_arrays(values: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return the arrays of a JSON body that are given, by name.

    Raises:
        ValidationError: rows have several lengths.
    """
    given = {name: values[name] for name in NAMES if values[name] is not None}
    ragged = [
        name
        for name, value in given.items()
        if isinstance(value, Rows) and value.lengths is not None
    ]
    if ragged:
        text = "must have rows of one length: pad them, and give `lengths`."
        raise ValidationError(
            {name: [ErrorDetail(f"`{name}` {text}", "ragged")] for name in ragged}
        )
    return {
        name: value.values if isinstance(value, Rows) else value
        for name, value in given.items()
    }


def parse_comparison(query: QueryDict) -> tuple[list[UUID], UUID]:
    """Return the audits that a query compares, and the baseline.

    Raises:
        ValidationError: a parameter is missing, unknown or not valid.
    """
    return parse_ids(query, most=MOST_COMPARED)
