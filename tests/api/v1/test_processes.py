"""Processes described in requests: built once, cached, bounded."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from noising.api.processes import (
    PROCESSES,
    ProcessCache,
    get_default_process,
    get_process,
)
from noising.budget import BusyError, WorkSemaphore
from noising.configured import default_process
from noising.engine import EngineError, build_process
from noising.engine.effort import Effort, effort_of
from tests.api.problems import pointers_of, problem_of
from tests.api.v1.forms import JSON, TENSORS, body_of

SMALL = {"vocab_size": 27, "num_timesteps": 10}
CHEAP = effort_of(SMALL)
COSTLY = Effort(
    build_seconds=2.0,
    sigma_seconds=1e-6,
    level_seconds=0.0,
    prior_seconds=0.0,
    information_seconds=0.0,
    memory_bytes=1000,
)
WAIT_SECONDS = 20


def small():
    return build_process(SMALL)


class Held:
    """A build that stands still until it is let go."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.released = threading.Event()
        self.count = 0

    def __call__(self):
        self.count += 1
        self.started.set()
        assert self.released.wait(WAIT_SECONDS)
        return small()


@pytest.fixture
def cache():
    return ProcessCache(WorkSemaphore(2))


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def held():
    """Let go even where a test fails: its threads must end."""
    held = Held()
    yield held
    held.released.set()


def test_a_process_is_built_once_and_others_wait_for_it(cache, pool, held):
    waiting = [pool.submit(cache.get, "a", CHEAP, held) for _ in range(6)]
    assert held.started.wait(WAIT_SECONDS)
    held.released.set()
    found = {id(future.result(WAIT_SECONDS).process) for future in waiting}
    assert len(found) == held.count == 1


def test_while_one_is_built_others_are_not_held_up(cache, pool, held):
    first = pool.submit(cache.get, "a", CHEAP, held)
    assert held.started.wait(WAIT_SECONDS)
    assert cache.get("b", CHEAP, small).process.vocab_size == 27
    assert cache.find("a") is None
    held.released.set()
    assert first.result(WAIT_SECONDS) is cache.find("a")


def test_a_process_that_fails_fails_for_all_and_is_tried_again(cache):
    def fail():
        raise EngineError("schedule", "wrong", "must be right", 5)

    for _ in range(2):
        with pytest.raises(EngineError):
            cache.get("a", CHEAP, fail)
    assert cache.get("a", CHEAP, small).process.vocab_size == 27


def test_at_most_so_many_costly_builds_at_once(cache, pool, held):
    first = pool.submit(cache.get, "a", COSTLY, held)
    assert held.started.wait(WAIT_SECONDS)
    second = pool.submit(cache.get, "a", COSTLY, held)  # waits, and holds a permit too
    wait_until_held(cache, 2)
    for key in ("a", "b"):
        with pytest.raises(BusyError) as caught:
            cache.get(key, COSTLY, small)
        assert caught.value.retry_after == 3
    assert cache.get("c", CHEAP, small).process.vocab_size == 27
    held.released.set()
    assert first.result(WAIT_SECONDS) is second.result(WAIT_SECONDS)
    assert cache.get("b", COSTLY, small).process.vocab_size == 27


def wait_until_held(cache: ProcessCache, permits: int) -> None:
    for _ in range(10_000_000):
        if cache._semaphore._semaphore._value == 2 - permits:
            return
    raise AssertionError("the permits were never acquired")


def test_the_least_recently_used_leave_when_there_is_no_room(cache, settings):
    settings.PROCESS_CACHE_BYTES = 3 * COSTLY.memory_bytes
    for key in "abc":
        cache.get(key, COSTLY, small)
    assert cache.find("a") is not None
    cache.get("d", COSTLY, small)
    assert [cache.find(key) is not None for key in "abcd"] == [True, False, True, True]
    assert len(cache) == 3


def test_a_process_larger_than_the_cache_is_served_and_not_kept(cache, settings):
    settings.PROCESS_CACHE_BYTES = 0
    assert cache.get("a", COSTLY, small).process.vocab_size == 27
    assert len(cache) == 0


def test_a_kept_process_has_its_tables(cache):
    process = cache.get("a", CHEAP, small).process
    made = vars(process).keys() | vars(process.timeline).keys()
    assert {"fingerprint", "levels", "small_batches", "sigmas", "alphas"} <= made
    assert {"table", "outcome"} <= vars(process.levels).keys()


def test_a_specification_in_canonical_form_is_kept_by_its_fingerprint():
    spec = small().spec
    cached = get_process(spec)
    assert PROCESSES.find(small().fingerprint) is cached
    shuffled = dict(reversed(spec.items()))
    assert get_process(shuffled) is cached


def test_the_servers_own_process_is_at_hand(settings):
    assert get_default_process().process is default_process()
    settings.NOISE_SPECIFICATION = SMALL
    assert get_default_process().process.vocab_size == 27


MATRIX = {"vocab_size": 64, "graph": {"type": "banded"}}
DISTINCT = np.random.default_rng(1).random(50257).tolist()
ENTROPY = {"type": "sedd_entropy", "prior": DISTINCT}


@pytest.mark.parametrize(
    "schedule",
    [
        {"num_timesteps": 100_000, "schedule": ENTROPY},
        {"vocab_size": 2**24, "schedule": {"type": "sedd_entropy"}},
        {
            "vocab_size": 512,
            "schedule": {"type": "sedd_entropy"},
            "graph": {"type": "banded"},
        },
        {
            "num_timesteps": 10_000,
            "schedule": {"type": "sedd_entropy"},
            "graph": {"type": "marginal", "counts": DISTINCT},
        },
    ],
)
def test_what_takes_too_long_to_build_is_refused_at_once(ask, schedule):
    response = ask("noise", tokens=[1], timesteps=5, schedule=schedule)
    assert pointers_of(response) == [("#/schedule", "too_costly")]
    assert "at most 5 s are allowed" in response.json()["detail"]
    assert len(PROCESSES) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"times": np.linspace(0, 1, 1000).tolist()},
        {"timesteps": 5, "hyperschedule": {"type": "ar_diffusion"}},
        {"timesteps": 5, "weights": [1.0, 2.0] * 5},
    ],
)
def test_so_is_a_batch_that_takes_too_long(ask, fields):
    """Each noise level of a matrix graph is a matrix to raise to a power."""
    schedule = {"vocab_size": 512, "graph": {"type": "banded"}}
    response = ask("noise", tokens=[[1] * 10] * 1000, schedule=schedule, **fields)
    assert pointers_of(response) == [("#", "too_costly")]


def test_masks_that_come_unasked_are_counted(send, settings):
    settings.MAX_WORK_SECONDS = 0.01
    fields = {"timesteps": list(range(10)), "schedule": MATRIX}
    tokens = np.ones((10, 4), np.int64)
    query, body = body_of(JSON, tokens, **fields)
    assert send(f"noise{query}", body, JSON).status_code == 200
    response = send(f"noise{query}", body, JSON, TENSORS)
    assert pointers_of(response) == [("#", "too_costly")]


def test_a_hyperschedule_with_too_many_numbers_is_refused_too(ask, settings):
    settings.MAX_WORK_SECONDS = 0.1
    matrix = {"type": "matrix", "levels": 1, "rows": [[1] * 1000] * 100}
    response = ask("noise", tokens=[1] * 1000, timesteps=5, hyperschedule=matrix)
    assert pointers_of(response) == [("#/hyperschedule", "too_costly")]


@pytest.mark.usefixtures("one_permit")
def test_costly_requests_without_a_permit_are_refused(ask, pool, held):
    holding = pool.submit(PROCESSES.get, "held", COSTLY, held)
    assert held.started.wait(WAIT_SECONDS)
    schedule = MATRIX | {"schedule": {"type": "sedd_entropy"}}
    response = ask("noise", tokens=[1], timesteps=5, schedule=schedule)
    document = problem_of(response, 503)
    assert "busy with costly requests" in document["detail"]
    assert int(response.headers["Retry-After"]) >= 1
    assert ask("noise", tokens=[1], timesteps=5).status_code == 200
    held.released.set()
    assert holding.result(WAIT_SECONDS).process.vocab_size == 27
