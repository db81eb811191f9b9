"""Requests about schedules in the OpenAPI document; tests send them."""

from typing import Any

NEW: dict[str, Any] = {
    "name": "linear-absorbing",
    "specification": {
        "vocab_size": 30522,
        "num_timesteps": 1000,
        "schedule": {"type": "linear"},
        "graph": {"type": "absorbing"},
    },
    "notes": "For the BERT vocabulary.",
    "tags": ["bert"],
}
CHANGES: dict[str, Any] = {"notes": "Not used any more.", "tags": ["bert", "old"]}
COMPARED = ["cosine", "sedd_entropy"]
PREVIEW: dict[str, Any] = {
    "specification": {"num_timesteps": 100, "schedule": {"type": "linear"}},
    "quantities": ["alpha", "information"],
    "points": 5,
}
IMPORTED_TEXT: dict[str, Any] = {
    "source": "sedd",
    "config": "graph: {type: absorb}\nnoise: {type: loglinear}\ntokens: 50257",
}
IMPORTED_OBJECT: dict[str, Any] = {
    "source": "diffusers",
    "config": {
        "_class_name": "DDPMScheduler",
        "num_train_timesteps": 1000,
        "beta_schedule": "squaredcos_cap_v2",
    },
    "vocab_size": 50257,
}
