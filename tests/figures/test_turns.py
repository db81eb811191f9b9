import threading

import pytest

from noising.figures import NoTurnError, Turns


def test_so_many_hold_a_turn_at_once_and_no_more() -> None:
    turns = Turns(most=2, wait_seconds=0.0)
    with (
        turns.taken(),
        turns.taken(),
        pytest.raises(NoTurnError) as caught,
        turns.taken(),
    ):
        pass
    assert caught.value.retry_after > 0


def test_a_turn_is_given_back_also_after_a_failure() -> None:
    turns = Turns(most=1, wait_seconds=0.0)
    with pytest.raises(ValueError, match="ours"), turns.taken():
        raise ValueError("ours")
    with turns.taken():
        pass


def test_who_comes_later_waits() -> None:
    turns = Turns(most=1, wait_seconds=30.0)
    order: list[str] = []

    def second() -> None:
        with turns.taken():
            order.append("second")

    with turns.taken():
        waiting = threading.Thread(target=second)
        waiting.start()
        order.append("first")
    waiting.join(timeout=30)
    assert order == ["first", "second"]
