"""Fields of which a body gives one: the rule, its refusal, how the schema says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

NULL = {"type": "null"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """At most one of some fields may be given; null stands for not given.

    Attributes:
        names: the fields.
        least: how many must be given, 0 or 1.
        elsewhere: whether one may be given outside of the body, too.
    """

    names: Sequence[str]
    least: int = 0
    elsewhere: bool = False

    def check(self, values: Mapping[str, Any]) -> None:
        """Refuse values that give too many or too few.

        Raises:
            ValidationError: at each of those that were given, or at the first.
        """
        given = [name for name in self.names if values[name] is not None]
        if self.least <= len(given) <= 1:
            return
        choice = " or ".join(f"`{name}`" for name in self.names)
        received = " and ".join(given) or "none"
        text = f"{'One' if self.least else 'At most one'} of {choice} must be given, "
        text += f"got {received}."
        raise ValidationError(
            {name: [ErrorDetail(text, "one_of")] for name in given or self.names[:1]}
        )

    def excluded(self) -> list[dict[str, Any]]:
        """Return schemas of bodies that break the rule."""
        excluded: list[dict[str, Any]] = [
            {"required": list(two), "properties": {name: {"not": NULL} for name in two}}
            for two in combinations(self.names, 2)
        ]
        if self.least and not self.elsewhere:
            excluded.append({"properties": dict.fromkeys(self.names, NULL)})
        return excluded
