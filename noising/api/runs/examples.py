"""Requests in the OpenAPI document; tests send them."""

from typing import Any

NEW: dict[str, Any] = {
    "schedules": ["cosine", "sedd_entropy"],
    "baseline": "uniform",
    "corpus": "setmm",
    "timesteps": [0, 250, 500, 750, 999],
    "samples": 64,
    "seed": 7,
    "name": "Half-way",
    "notes": "Which one loses less half-way?",
    "tags": ["draft"],
}
CHANGES: dict[str, Any] = {
    "name": "Figure 2",
    "notes": "sedd_entropy, by far.",
    "tags": ["paper"],
}
