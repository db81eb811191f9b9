"""Requests and responses about text in the OpenAPI document."""

from typing import Any

TOKENIZERS: dict[str, Any] = {
    "tokenizers": [
        {
            "name": "gpt2",
            "vocab_size": 50257,
            "source": "GPT-2, OpenAI, MIT",
            "default": True,
        },
        {
            "name": "bert",
            "vocab_size": 30522,
            "source": "bert-base-uncased, Google, Apache-2.0",
            "default": False,
        },
        {
            "name": "metamath",
            "vocab_size": 11644,
            "source": "Metamath set.mm (excerpt), CC0-1.0",
            "default": False,
        },
    ]
}
TOKENIZE_REQUEST: dict[str, Any] = {"text": "If x < 3, then y = 2"}
TOKENIZED: dict[str, Any] = {
    "tokens": [1532, 2124, 1279, 513, 11, 788, 331, 796, 362],
    "token_types": {
        "critical": [362, 513, 788, 796, 1279, 1532],
        "variable": [331, 2124],
        "other": [11],
    },
}
POSITIONS_REQUEST: dict[str, Any] = {
    "text": "|- ( ph -> ph )",
    "tokenizer": "metamath",
    "return": ["texts", "offsets", "types"],
}
POSITIONS: dict[str, Any] = {
    "tokens": [903, 9, 1007, 53, 1007, 18],
    "token_types": {"critical": [9, 18, 53, 903], "variable": [1007], "other": []},
    "texts": ["|-", " (", " ph", " ->", " ph", " )"],
    "offsets": [[0, 2], [3, 4], [5, 7], [8, 10], [11, 13], [14, 15]],
    "types": ["critical", "critical", "variable", "critical", "variable", "critical"],
}
DETOKENIZE_REQUEST: dict[str, Any] = {
    "tokens": [1532, 2124, 1279, 513, 11, 788, 331, 796, 362]
}
DETOKENIZED: dict[str, Any] = {"text": "If x < 3, then y = 2"}
PIPELINE_REQUEST: dict[str, Any] = {
    "text": "If x < 3, then y = 2",
    "timestep": 500,
    "use_hyperschedule": True,
    "seed": 7,
}
PIPELINE: dict[str, Any] = {
    "tokenize": {
        "tokenizer": "gpt2",
        "tokens": [1532, 2124, 1279, 513, 11, 788, 331, 796, 362],
        "token_types": {
            "critical": [362, 513, 788, 796, 1279, 1532],
            "variable": [331, 2124],
            "other": [11],
        },
    },
    "noise": {
        "noised_tokens": [1532, 36572, 1279, 18916, 23996, 788, 9049, 796, 362],
        "alpha": 0.49228517244880254,
        "metrics": {
            "unchanged_tokens": 5,
            "percent_unchanged": 55.56,
            "total_tokens": 9,
        },
        "text": "If annihil < worryingarten then nomine = 2",
    },
}
