"""Requests and responses in the OpenAPI document; tests send them."""

from typing import Any

from noising.configured import VERSION

REQUEST_ID_SHOWN = "5f0c1f3a9b7e4d0d8a3f4c2b1a6e7d9c"

TOKENS = [101, 2054, 2003, 2048, 2010, 102]

STATUS: dict[str, Any] = {
    "service": "Noising Service",
    "version": VERSION,
    "status": "operational",
}
ALPHA: dict[str, Any] = {"timestep": 500, "alpha": 0.49228517244880254}

PLAIN_REQUEST: dict[str, Any] = {
    "tokens": TOKENS,
    "timestep": 500,
    "use_hyperschedule": False,
    "token_weights": None,
}
TYPED_REQUEST: dict[str, Any] = {
    "tokens": TOKENS,
    "token_types": {
        "critical": [101, 102, 2003],
        "variable": [2054, 2048],
        "other": [2010],
    },
    "timestep": 500,
    "use_hyperschedule": True,
    "seed": 7,
    "return": ["seed", "alphas"],
}
TYPED_RESPONSE: dict[str, Any] = {
    "noised_tokens": [101, 36572, 2003, 18916, 23996, 102],
    "alpha": 0.49228517244880254,
    "metrics": {
        "unchanged_tokens": 3,
        "percent_unchanged": 50.0,
        "total_tokens": 6,
    },
    "alphas": [
        0.635419177502597,
        0.321847985523474,
        0.635419177502597,
        0.321847985523474,
        0.4037575311380768,
        0.635419177502597,
    ],
    "seed": 7,
}

BAD_REQUEST: dict[str, Any] = {"tokens": [101, 60000], "timestep": 1000}
PROBLEM: dict[str, Any] = {
    "type": "about:blank",
    "title": "Unprocessable Entity",
    "status": 422,
    "detail": "`tokens[1]` must lie in 0..50256, got 60000.",
    "errors": [
        {
            "pointer": "#/tokens/1",
            "code": "out_of_range",
            "detail": "`tokens[1]` must lie in 0..50256, got 60000.",
        },
        {
            "pointer": "#/timestep",
            "code": "out_of_range",
            "detail": "`timestep` must lie in 0..999, got 1000.",
        },
    ],
    "request_id": REQUEST_ID_SHOWN,
}
