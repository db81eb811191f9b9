"""Small plain requests: the fast parser gives the same result as the slow one."""

import numpy as np
import orjson
import pytest
from rest_framework.exceptions import APIException

from noising.api.core.fast_path import noise_plain, parse_plain
from noising.api.core.views import NOISE_REQUEST
from noising.engine import build_process
from tests.api.conftest import SENTENCE

NULLS = dict.fromkeys(["token_weights", "token_types", "hyperschedule", "protect"])
PLAIN = [
    b'{"tokens": [1, 2, 3], "timestep": 5}',
    b'{"timestep":0,"tokens":[0]}',
    b' {"tokens":\n[50256 , 0],\t"timestep": 999, "seed": 18446744073709551615} ',
    b'{"tokens": [1], "timestep": 5, "seed": null, "use_hyperschedule": false}',
    b'{"tokens": [1.0, 2, 1e2], "timestep": 5}',
    b'{"tokens": [true], "\\u0074okens": [1], "timestep": 5}',
    orjson.dumps({"tokens": SENTENCE, "timestep": 500, "seed": 0} | NULLS),
    orjson.dumps({"tokens": list(range(50257)), "timestep": 999}),
]
NOT_PLAIN = [
    b'{"tokens": [1], "timestep": 5, "use_hyperschedule": true}',
    b'{"tokens": [1], "timestep": 5, "token_weights": [1]}',
    b'{"tokens": [1], "timestep": 5, "token_types": {}}',
    b'{"tokens": [1], "timestep": 5, "hyperschedule": {"type": "flat"}}',
    b'{"tokens": [1], "timestep": 5, "protect": []}',
    b'{"tokens": [1], "timestep": 5, "return": []}',
    b'{"tokens": [1], "timestep": 5.0}',
    b'{"tokens": [1], "timestep": 5, "seed": 1e2}',
]
ITEMS = [
    *("true", "false", "null", "1.5", "-1.0", "1e7", "1e19", '"12"', '""', "[]", "[1]"),
    *("{}", "-1", "50257", "9223372036854775808", "18446744073709551616"),
    '"\\u0065"',
]
SEEDS = ["true", "1.5", "-1.0", "1e19", '"12"', '""', "[]", "{}", "-1"]
REFUSED = [
    *(b'{"tokens": [5, 6, %s, 7], "timestep": 5}' % item.encode() for item in ITEMS),
    *(b'{"tokens": [5], "timestep": %s}' % item.encode() for item in ITEMS[:-3]),
    *(b'{"tokens": [5], "timestep": 1, "seed": %s}' % item.encode() for item in SEEDS),
    *(
        b'{"tokens": %s, "timestep": 5}' % item.encode()
        for item in ITEMS
        if item != "[1]"
    ),
    *(b"", b"{", b"[]", b"null", b"5", b"{}", b'{"tokens": [1]}', b'{"timestep": 5}'),
    b'{"tokens": [1], "timestep": 5, "extra": 1}',
    b'{"tokens": [1], "timestep": 5, "use_hyperschedule": null}',
    b'{"tokens": [1], "timestep": 5, "use_hyperschedule": 0}',
    b'{"tokens": [1], "timestep": 1000}',
]


def judged(body: bytes):
    """Return what NoiseRequestSerializer makes of a body, or None."""
    try:
        return NOISE_REQUEST.parse(orjson.loads(body))
    except (orjson.JSONDecodeError, APIException):
        return None


@pytest.mark.parametrize("body", PLAIN)
def test_a_plain_request_is_read_as_the_serializer_reads_it(body):
    plain, full = parse_plain(body), judged(body)
    assert plain is not None
    assert plain.tokens.dtype == full.tokens.dtype == np.int64
    assert plain.tokens.tolist() == full.tokens.tolist()
    for name in ("timestep", "process", "weights", "protect", "seed", "extras"):
        assert getattr(plain, name) == getattr(full, name)


@pytest.mark.parametrize("body", NOT_PLAIN)
def test_what_is_not_plain_is_left_to_the_serializer(body):
    assert judged(body) is not None
    assert parse_plain(body) is None


@pytest.mark.parametrize("body", REFUSED)
def test_what_the_serializer_refuses_is_not_answered(body):
    assert judged(body) is None
    assert noise_plain(body) is None


def test_a_matrix_graph_is_left_to_the_serializer(monkeypatch):
    """It works out a matrix exponential for each noise level."""
    banded = build_process({"vocab_size": 300, "graph": {"type": "banded"}})
    monkeypatch.setattr("noising.api.core.fast_path.default_process", lambda: banded)
    assert noise_plain(PLAIN[0]) is None


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_the_limit_of_tokens_holds(settings, limit):
    settings.MAX_TOKENS = limit
    assert (noise_plain(b'{"tokens": [1, 2], "timestep": 5}') is None) == (limit < 2)


def test_an_answer_names_its_seed():
    content, seed = noise_plain(b'{"tokens": [1, 2], "timestep": 5}')
    again = b'{"tokens": [1, 2], "timestep": 5, "seed": %d}' % seed
    assert noise_plain(again) == (content, seed)
