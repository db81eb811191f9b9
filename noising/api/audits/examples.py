"""Requests in the OpenAPI document; tests send them."""

from typing import Any

NEW: dict[str, Any] = {
    "name": "collator, commit 4f2a9c1",
    "schedule": {
        "vocab_size": 27,
        "schedule": {"type": "loglinear"},
        "graph": {"type": "absorbing"},
    },
    "x0": [[20, 8, 5, 26, 3, 1, 20], [19, 1, 20, 26, 15, 14, 26]],
    "xt": [[27, 8, 27, 26, 27, 27, 20], [19, 27, 20, 26, 15, 14, 26]],
    "t": [0.61, 0.12],
    "method": "stratified",
    "tags": ["draft"],
}
CHANGES: dict[str, Any] = {"name": "collator, fixed", "notes": "Drew t per row."}
