"""Rules for notes and tags of schedules and runs."""

import re

from django.core.exceptions import ValidationError

LONGEST_NOTES = 20_000

CONTROLS = r"\x00-\x1f\x7f-\x9f"
"""Control characters, for a character class of a regular expression."""

MAX_TAGS = 20
MAX_TAG_LENGTH = 50


def check_tags(tags: object) -> None:
    """Refuse anything but a short list of distinct, short, non-empty strings.

    Args:
        tags: The value to be stored.

    Raises:
        ValidationError: On the field ``tags``, naming the rule.
    """
    if not isinstance(tags, list) or len(tags) > MAX_TAGS:
        raise ValidationError(
            {"tags": f"Tags must be a list of at most {MAX_TAGS} strings."}
        )
    for tag in tags:
        if (
            not isinstance(tag, str)
            or not tag.strip()
            or tag != tag.strip()
            or len(tag) > MAX_TAG_LENGTH
        ):
            raise ValidationError(
                {
                    "tags": f"A tag must be 1 to {MAX_TAG_LENGTH} characters without "
                    f"surrounding spaces, got {str(tag)[:60]!r}."
                }
            )
        if re.search(f"[{CONTROLS}]", tag):
            text = f"A tag must not contain control characters, got {tag!r}."
            raise ValidationError({"tags": ValidationError(text, code="control")})
    if len(set(tags)) != len(tags):
        raise ValidationError({"tags": "Each tag may be given only once."})
