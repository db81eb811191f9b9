"""noising.execution.reasons: what everybody may read."""

import pytest

from noising.execution.reasons import LONGEST_REASON, public_reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("corpus '/home/ada/my data/x.jsonl' is empty", "corpus 'x.jsonl' is empty"),
        ('cannot open "/etc/passwd"', 'cannot open "passwd"'),
        ("output '/var/lib/noising/' is no folder", "output 'noising' is no folder"),
        ("/srv/a/b.txt, line 3: not JSON", "b.txt, line 3: not JSON"),
        ("b.txt: /srv/a/b.txt:12 and (/tmp/c)", "b.txt: b.txt:12 and (c)"),
        ("see file:///srv/a/b.txt", "see b.txt"),
        ("PosixPath('/srv/a')", "PosixPath('a')"),
        ("'it''s /srv/a/b'", "'it''s b'"),
        # What is no absolute path stays.
        ("12 tokens/s, and/or 1 / 2", "12 tokens/s, and/or 1 / 2"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("corpora/a.txt and ./b.txt", "corpora/a.txt and ./b.txt"),
        ("the folder '/'", "the folder '/'"),
        ("  padded\n", "padded"),
        ("", "It failed without a reason."),
        ("x" * 3000, "x" * LONGEST_REASON),
    ],
)
def test_of_an_absolute_path_its_last_name_is_left(text: str, expected: str) -> None:
    assert public_reason(text) == expected
