"""The form of a noise process, with fields made from the engine's declarations.

The names of the fields are the dotted paths of a specification, such as
``schedule.beta_max``, which are also the paths in errors of the engine.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, TypeAlias

from django import forms
from django.core.exceptions import ValidationError

from noising.budget import TooCostlyError
from noising.engine import (
    GRAPH_TYPES,
    HYPERSCHEDULE_TYPES,
    SCHEDULE_TYPES,
    EngineError,
)
from noising.engine.parameters import (
    REQUIRED,
    Choice,
    Declared,
    Flag,
    Integer,
    Interval,
    Number,
    Numbers,
    Optional,
    Parameter,
)
from noising.engine.registry import NUM_TIMESTEPS, VOCAB_SIZE
from noising.form_fields import StrictJSONDecoder, check_specification

Kind: TypeAlias = Literal["number", "numbers", "choice", "flag", "json"]
"""How a value is typed: a number, numbers with commas, a name, true or false, JSON."""

PARTS: Final[Mapping[str, Mapping[str, type[Declared]]]] = {
    "schedule": SCHEDULE_TYPES,
    "graph": GRAPH_TYPES,
    "hyperschedule": HYPERSCHEDULE_TYPES,
}

_TYPES: Final[Mapping[str, Parameter]] = {
    "schedule": Choice(
        options=tuple(SCHEDULE_TYPES), default="cosine", help="how much noise, and when"
    ),
    "graph": Choice(
        options=tuple(GRAPH_TYPES), default="uniform", help="what a token can become"
    ),
    "hyperschedule": Optional(
        inner=Choice(options=tuple(HYPERSCHEDULE_TYPES), help=""),
        default=None,
        help="more noise at some positions than at others",
    ),
}

_SIZES: Final[Mapping[str, tuple[str, Integer]]] = {
    "num_timesteps": ("Timesteps", NUM_TIMESTEPS),
    "vocab_size": ("Vocabulary", VOCAB_SIZE),
}

_MOST_SHOWN: Final = 1e9
"""Bounds beyond this are of no interest to people."""


class ParameterField(forms.CharField):
    """The field of one parameter: default, range and help are those it declares.

    An empty field leaves the parameter out, so that it has its default.
    """

    def __init__(self, path: str, parameter: Parameter, *, label: str = "") -> None:
        self.path = path
        self.parameter = parameter
        self.inner = parameter.inner if isinstance(parameter, Optional) else parameter
        self.kind = _find_kind(self.inner)
        default = parameter.default
        super().__init__(
            required=False,
            label=label or path.rpartition(".")[2],
            initial=None if default is REQUIRED else default,
            widget=self._make_widget(),
            help_text=_describe(parameter, self.inner),
        )

    def prepare_value(self, value: Any) -> Any:
        """Return a value of a specification as it is typed; typed text unchanged."""
        return value if isinstance(value, str) else write_value(value, self.kind)

    def clean(self, value: Any) -> Any:
        """Return the canonical value; None if the field is empty."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return self.parameter.parse(_read_value(text, self.kind), str(self.label))
        except EngineError as error:
            raise ValidationError(error.sentence, code=error.code) from error

    def explain(self, error: EngineError) -> str:
        """Return an error of the engine about this field, which it calls as it does."""
        name = f"{self.label}{error.field.removeprefix(self.path)}"
        parts = (error.code, error.rule, error.value, error.way_out)
        return EngineError(name, *parts).sentence

    def _make_widget(self) -> forms.Widget:
        default = self.parameter.default
        attributes = {
            "data-kind": self.kind,
            "data-default": ""
            if default is REQUIRED
            else write_value(default, self.kind),
        }
        match self.kind:
            case "number":
                # Without bounds: the browser would refuse in other words than `clean`.
                step = 1 if isinstance(self.inner, Integer) else "any"
                return forms.NumberInput(attributes | {"step": step})
            case "choice":
                options = self.inner.options if isinstance(self.inner, Choice) else ()
                choices = [(option, option) for option in options]
                return forms.Select(attributes, [*_list_empty(default), *choices])
            case "flag":
                return forms.Select(attributes, [("true", "yes"), ("false", "no")])
            case "numbers" if isinstance(self.inner, Interval):
                return forms.TextInput(attributes)
        return forms.Textarea(
            attributes | {"rows": 3, "spellcheck": "false", "class": "code"}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeFields:
    """A type of a part: its name, the first line of its docstring, and its fields."""

    name: str
    description: str
    fields: Sequence[forms.BoundField]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The fields of schedule, graph or hyperschedule, as a page shows them.

    Attributes:
        part: the key in a specification.
        choice: the field of the type.
        chosen: the chosen type with its fields; None without a type.
        kinds: every type with empty fields, for the script of the page.
    """

    part: str
    choice: forms.BoundField
    chosen: TypeFields | None
    kinds: Sequence[TypeFields]


class SpecificationForm(forms.Form):
    """Sizes, types, and the parameters of the chosen types.

    Valid data have the canonical values in `specification`.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        specification: Mapping[str, Any] | None = None,
        typed: Mapping[str, Any] | None = None,
    ) -> None:
        """Make the fields of the types in one of the arguments.

        Args:
            data: what was sent, to validate it.
            specification: values to begin with.
            typed: values to begin with, by field, as they were typed.
        """
        initial = dict(typed or _flatten(specification or {}))
        super().__init__(data, initial=initial)
        for name, (label, size) in _SIZES.items():
            self.fields[name] = ParameterField(name, size, label=label)
        for part, table in PARTS.items():
            path = f"{part}.type"
            self.fields[path] = ParameterField(path, _TYPES[part], label="Type")
            kind = self._find_type(part)
            if kind is not None:
                self.fields |= make_fields(part, table[kind])

    @property
    def sizes(self) -> list[forms.BoundField]:
        """Return the fields outside of the sections."""
        return [self[name] for name in _SIZES]

    @property
    def sections(self) -> Iterator[Section]:
        """Yield schedule, graph and hyperschedule."""
        for part, table in PARTS.items():
            kind, path = self._find_type(part), f"{part}.type"
            names = [n for n in self.fields if n.startswith(f"{part}.") and n != path]
            chosen = None
            if kind is not None:
                chosen = TypeFields(
                    name=kind,
                    description=_describe_type(table[kind]),
                    fields=[self[name] for name in names],
                )
            yield Section(
                part=part, choice=self[path], chosen=chosen, kinds=_list_types(part)
            )

    @property
    def specification(self) -> dict[str, Any]:
        """Return the specification of valid data."""
        return dict(_unflatten(self.cleaned_data))

    def clean(self) -> None:
        """Build the process, unless a value is wrong by itself."""
        if self.errors:
            return
        try:
            check_specification(self.specification)
        except EngineError as error:
            name = self._find_field(error.field)
            field = self.fields.get(name or "")
            text = error.sentence
            if isinstance(field, ParameterField) and error.field.startswith(field.path):
                text = field.explain(error)
            self.add_error(name, text)
        except TooCostlyError as error:
            self.add_error(None, str(error))

    def _find_type(self, part: str) -> str | None:
        """Return the chosen type, or the default one; None for no type."""
        path = f"{part}.type"
        default = _TYPES[part].default
        if self.is_bound:
            chosen = self.data.get(path, default)
        else:
            chosen = self.initial.get(path, default)
        return chosen if isinstance(chosen, str) and chosen in PARTS[part] else None

    def _find_field(self, path: str) -> str | None:
        """Return the field that an error of the engine is about, None for no field."""
        name = path.partition("[")[0]
        while name and name not in self.fields:
            if f"{name}.type" in self.fields:
                return f"{name}.type"
            name = name.rpartition(".")[0]
        return name or None


def make_fields(part: str, kind: type[Declared]) -> dict[str, ParameterField]:
    """Return the fields of a type by their paths, such as ``schedule.beta_max``."""
    return {
        path: ParameterField(path, parameter)
        for name, parameter in kind.PARAMETERS.items()
        if (path := f"{part}.{name}")
    }


def write_value(value: Any, kind: Kind) -> str:
    """Return a value of a specification as a person types it."""
    if value is None:
        return ""
    if kind == "numbers" and isinstance(value, (list, tuple)):
        return ", ".join(_write_number(each) for each in value)
    if kind == "number" and isinstance(value, (int, float)):
        return _write_number(value)
    return value if isinstance(value, str) else json.dumps(value)


def _write_number(value: Any) -> str:
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return str(int(value)) if is_whole else str(value)


def _read_value(text: str, kind: Kind) -> Any:
    match kind:
        case "number":
            return _read_number(text)
        case "numbers":
            return [_read_number(word) for word in re.findall(r"[^\s,\[\]]+", text)]
        case "flag":
            return {"true": True, "false": False}.get(text, text)
        case "json":
            try:
                return json.loads(text, cls=StrictJSONDecoder)
            except json.JSONDecodeError as error:
                raise ValidationError("Enter valid JSON.", code="invalid") from error
    return text


def _read_number(word: str) -> Any:
    """Return a number; another text unchanged, which the parameter refuses."""
    try:
        return int(word) if re.fullmatch(r"[+-]?[0-9]{1,20}", word) else float(word)
    except ValueError:
        return word


def _flatten(specification: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in specification.items():
        if name in PARTS and isinstance(value, Mapping):
            yield from ((f"{name}.{key}", part) for key, part in value.items())
        elif name not in PARTS:
            yield name, value


def _unflatten(values: Mapping[str, Any]) -> dict[str, Any]:
    specification: dict[str, Any] = {}
    for path, value in values.items():
        part, _, key = path.partition(".")
        if value is None:
            continue
        if key:
            specification.setdefault(part, {})[key] = value
        else:
            specification[part] = value
    return specification


@cache
def _list_types(part: str) -> Sequence[TypeFields]:
    listed = []
    for name, kind in PARTS[part].items():
        form = forms.Form()
        form.fields |= make_fields(part, kind)
        listed.append(
            TypeFields(name=name, description=_describe_type(kind), fields=list(form))
        )
    return listed


def _describe_type(kind: type[Declared]) -> str:
    return (kind.__doc__ or "").partition("\n")[0]


def _find_kind(parameter: Parameter) -> Kind:
    match parameter:
        case Number() | Integer():
            return "number"
        case Numbers() | Interval():
            return "numbers"
        case Choice():
            return "choice"
        case Flag():
            return "flag"
    return "json"


def _list_empty(default: Any) -> list[tuple[str, str]]:
    if default is REQUIRED:
        return [("", "choose")]
    return [("", "none")] if default is None else []


def _describe(parameter: Parameter, inner: Parameter) -> str:
    """Return the help of a parameter with its range and default."""
    parts = [_describe_range(inner)]
    if isinstance(inner, (Numbers, Interval)):
        of_item = _describe_range(inner.item)
        parts = [
            "Numbers, separated by commas" + (f", {of_item}" if of_item else ""),
        ]
    elif _find_kind(inner) == "json":
        parts = ["As JSON"]
    default = parameter.default
    if default is REQUIRED:
        parts.append("required")
    elif default is not None and _find_kind(inner) in ("number", "numbers"):
        parts.append(f"default {write_value(default, _find_kind(inner))}")
    rest = "; ".join(part for part in parts if part)
    first = f"{parameter.help}." if parameter.help else ""
    return f"{first} {rest[:1].upper()}{rest[1:]}{'.' if rest else ''}".strip()


def _describe_range(parameter: Parameter) -> str:
    if isinstance(parameter, Integer):
        return f"{parameter.low:,} to {parameter.high:,}"
    if not isinstance(parameter, Number):
        return ""
    if math.isinf(parameter.high) or parameter.high > _MOST_SHOWN:
        if math.isinf(parameter.low):
            return ""
        return f"{'above' if parameter.open_low else 'at least'} {parameter.low:g}"
    return f"in {parameter.range}"
