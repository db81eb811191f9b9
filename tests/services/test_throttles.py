from datetime import timedelta

import pytest
from django.utils import timezone

from noising.models import ThrottleHit
from noising.services import (
    ThrottledError,
    network_of,
    throttle_hit,
    throttle_prune,
    throttle_release,
)
from noising.services.throttles import PRUNE_EVERY, Limit

pytestmark = pytest.mark.django_db

THREE = Limit(
    name="test", hits=3, period=timedelta(minutes=1), reached="Three were enough"
)


def age(seconds: float) -> None:
    """Let time pass for every hit so far."""
    for hit in ThrottleHit.objects.all():
        hit.at -= timedelta(seconds=seconds)
        hit.save()


def test_so_many_get_through_and_no_more():
    for _ in range(3):
        throttle_hit(limit=THREE, keys=["ada"])
    with pytest.raises(ThrottledError, match=r"^Three were enough: try again in") as at:
        throttle_hit(limit=THREE, keys=["ada"])
    assert 59 <= at.value.seconds <= 60
    throttle_hit(limit=THREE, keys=["bob"])


def test_the_wait_ends_when_the_oldest_counts_no_more():
    throttle_hit(limit=THREE, keys=["ada"])
    age(40)
    for _ in range(2):
        throttle_hit(limit=THREE, keys=["ada"])
    with pytest.raises(ThrottledError) as at:
        throttle_hit(limit=THREE, keys=["ada"])
    assert 19 <= at.value.seconds <= 20
    age(20)
    throttle_hit(limit=THREE, keys=["ada"])
    with pytest.raises(ThrottledError):
        throttle_hit(limit=THREE, keys=["ada"])


def test_a_clock_that_is_set_back_keeps_nobody_out():
    for _ in range(3):
        throttle_hit(limit=THREE, keys=["ada"])
    age(-3600)
    throttle_hit(limit=THREE, keys=["ada"])


def test_what_is_refused_counts_for_none_of_its_keys():
    for _ in range(3):
        throttle_hit(limit=THREE, keys=["ada"])
    for _ in range(5):
        with pytest.raises(ThrottledError):
            throttle_hit(limit=THREE, keys=["ada", "bob"])
    assert ThrottleHit.objects.count() == 3


def test_a_hit_between_the_look_and_the_count_is_seen(monkeypatch):
    for _ in range(2):
        throttle_hit(limit=THREE, keys=["ada"])
    create = ThrottleHit.objects.bulk_create

    def late(rows):
        [row] = rows
        ThrottleHit(throttle=row.throttle, key=row.key, at=row.at).save()
        return create([row])

    monkeypatch.setattr(ThrottleHit.objects, "bulk_create", late)
    with pytest.raises(ThrottledError):
        throttle_hit(limit=THREE, keys=["ada"])
    assert ThrottleHit.objects.count() == 3


def test_a_released_hit_does_not_count():
    for _ in range(9):
        throttle_release(hits=throttle_hit(limit=THREE, keys=["ada", "here"]))
    assert not ThrottleHit.objects.exists()


def test_refusing_writes_nothing(django_assert_num_queries):
    for _ in range(3):
        throttle_hit(limit=THREE, keys=["ada"])
    with django_assert_num_queries(1), pytest.raises(ThrottledError):
        throttle_hit(limit=THREE, keys=["ada"])


def test_keys_are_not_kept():
    throttle_hit(limit=THREE, keys=["my password"])
    assert "password" not in str(ThrottleHit.objects.values().get())


def test_the_table_holds_what_still_counts():
    old = timezone.now() - timedelta(minutes=15)
    ThrottleHit.objects.create(throttle="login", key="x", at=old)
    throttle_hit(limit=THREE, keys=["ada"])
    assert throttle_prune() == 1
    assert ThrottleHit.objects.get().throttle == "test"


def test_it_is_swept_without_anybody_asking():
    for number in range(PRUNE_EVERY):
        throttle_hit(limit=THREE, keys=[f"attacker {number}"])
        age(3600)
    assert ThrottleHit.objects.count() < PRUNE_EVERY


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_one_client_has_one_network(address, network):
    assert network_of(address) == network
