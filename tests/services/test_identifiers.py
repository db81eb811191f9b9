from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

import pytest

from noising.services import uuid7

MOMENT = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_gives_the_example_of_the_standard() -> None:
    # RFC 9562, appendix A.6: rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    random = (0xCC3 << 62 | 0x18C4DC0C0C07398F).to_bytes(10, "big")
    assert uuid7(moment=MOMENT, random=random) == UUID(
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
    )


def test_has_version_seven_and_the_standard_variant() -> None:
    identifier = uuid7(moment=MOMENT)
    assert identifier.version == 7
    assert identifier.variant == RFC_4122


def test_sorts_as_the_moments_do() -> None:
    moments = [MOMENT + timedelta(milliseconds=step) for step in range(50)]
    identifiers = [uuid7(moment=moment) for moment in moments]
    assert identifiers == sorted(identifiers)
    assert [str(identifier) for identifier in identifiers] == sorted(
        str(identifier) for identifier in identifiers
    )


def test_differs_within_one_millisecond() -> None:
    assert len({uuid7(moment=MOMENT) for _ in range(1000)}) == 1000


def test_is_the_same_for_the_same_bytes() -> None:
    assert uuid7(moment=MOMENT, random=b"0123456789") == uuid7(
        moment=MOMENT, random=b"0123456789 and more"
    )


def test_refuses_too_little_randomness() -> None:
    with pytest.raises(ValueError, match="at least 10 bytes, got 9"):
        uuid7(moment=MOMENT, random=b"012345678")
