"""Why a run failed, in words that everybody may read."""

import re
from typing import Final

LONGEST_REASON: Final = 2_000

QUOTED_PATH: Final = re.compile(r"""(?P<quote>['"])(?:file://)?/(?:(?!(?P=quote)).)*""")
PLAIN_PATH: Final = re.compile(r"""(?<![\w.:/~])(?:file://)?/[^\s'",;:()<>]+""")


def public_reason(text: str) -> str:
    """Return a reason without what it tells of the host's folders.

    Of an absolute path the last name is left, so that a corpus is still known by it.
    """
    shortened = QUOTED_PATH.sub(_quoted_name, text.strip())
    shortened = PLAIN_PATH.sub(_name, shortened)
    return shortened[:LONGEST_REASON] or "It failed without a reason."


def _quoted_name(match: re.Match[str]) -> str:
    return match["quote"] + _last(match[0][1:])


def _name(match: re.Match[str]) -> str:
    return _last(match[0])


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2] or path
