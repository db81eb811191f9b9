"""Requests and responses of version 1 in the OpenAPI document."""

from typing import Any

BATCH_REQUEST: dict[str, Any] = {
    "tokens": [[101, 2054, 2003, 102], [101, 2048, 102]],
    "timesteps": [500, 900],
    "schedule": {
        "vocab_size": 30522,
        "schedule": {"type": "loglinear"},
        "graph": {"type": "absorbing", "mask_id": 103},
    },
    "seed": 7,
    "protect": {"ids": [101, 102]},
}
BATCH_RESPONSE: dict[str, Any] = {
    "noised_tokens": [[101, 2054, 2003, 102], [101, 103, 102]],
    "alpha": [0.49950100000000003, 0.09990099999999996],
    "seed": 7,
    "metrics": {
        "unchanged_tokens": 6,
        "percent_unchanged": 85.71,
        "total_tokens": 7,
    },
    "fingerprint": "c397844674df427eb8772f20acba47eb04f5ceefb04d40fd871777ba7105acb3",
}
PACKED_REQUEST: dict[str, Any] = {
    "tokens": [[2054, 2003, 2048, 2010], [2748, 2053, 102]],
    "times": 0.5,
    "sequence_ids": [[41, 41, 41, 41], [41, 7, 7]],
    "positions": [[0, 1, 2, 3], [4, 0, 1]],
    "at_least": 1,
    "schedule": BATCH_REQUEST["schedule"],
    "seed": 9,
    "return": ["complement"],
}
PACKED_RESPONSE: dict[str, Any] = {
    "noised_tokens": [[2054, 2003, 103, 2010], [103, 103, 102]],
    "alpha": 0.5005,
    "seed": 9,
    "metrics": {
        "unchanged_tokens": 4,
        "percent_unchanged": 57.14,
        "total_tokens": 7,
    },
    "fingerprint": BATCH_RESPONSE["fingerprint"],
    "complement": [[103, 103, 2048, 103], [2748, 2053, 103]],
}
TRAJECTORY_REQUEST: dict[str, Any] = {
    "tokens": [101, 2054, 2003, 102],
    "timesteps": [100, 500, 900],
    "seed": 7,
}
HISTORY_RESPONSE: dict[str, Any] = {
    "timesteps": [100, 500, 900],
    "alphas": [0.9715756818078382, 0.49228517244880254, 0.023616108794393874],
    "changes": [[[900, 8829]], [[900, 36572]], [[900, 16527]], [[500, 18916]]],
    "seed": 7,
    "fingerprint": "60a09b297dd843180c8209488ad4e338a466e6cf7c52ef7d7763c143e6345247",
}
SMALL: dict[str, Any] = {"vocab_size": 4, "schedule": {"type": "loglinear"}}
MARGINAL_REQUEST: dict[str, Any] = {"x0": 2, "times": 0.5, "schedule": SMALL}
POSTERIOR_REQUEST: dict[str, Any] = {
    "x0": [2, 2],
    "xt": [2, 3],
    "times": 0.5,
    "earlier_times": 0.25,
    "schedule": SMALL,
}
SCORE_RATIO_REQUEST: dict[str, Any] = {
    "x0": 2,
    "xt": 3,
    "times": 0.5,
    "candidates": [2, 0],
    "schedule": SMALL,
}

TRAINING_TIMES_REQUEST: dict[str, Any] = {
    "n": [2, 3],
    "seed": 7,
    "draw": 4,
    "index0": 12,
    "total": 3000,
    "low": 0.1,
    "schedule": SMALL,
}
LOSS_WEIGHT_REQUEST: dict[str, Any] = {
    "times": [0.25, 0.5],
    "form": "realised",
    "moved": [[False, True, False, False], [True, True, False, True]],
    "eligible": 4,
    "schedule": SMALL,
}
LOO_SHIFT_REQUEST: dict[str, Any] = {"times": [0.25, 0.5], "schedule": SMALL}

OF_SMALL: dict[str, Any] = {
    "num_states": 4,
    "fingerprint": "4c6dfa015cd0d2cc1f1bd707ce5a8ae7daf042cb3ec594da096fa68a50662e28",
}
MARGINAL_RESPONSE: dict[str, Any] = {
    "marginal": [0.124875, 0.124875, 0.6253749999999999, 0.124875],
    "candidates": None,
    **OF_SMALL,
}
POSTERIOR_RESPONSE: dict[str, Any] = {
    "posterior": [
        [
            0.008308918347758423,
            0.008308918347758423,
            0.9750732449567248,
            0.008308918347758423,
        ],
        [
            0.04161112962345885,
            0.04161112962345885,
            0.5416111296234588,
            0.3751666111296235,
        ],
    ],
    "candidates": None,
    **OF_SMALL,
}
SCORE_RATIO_RESPONSE: dict[str, Any] = {
    "score_ratio": [5.008008008008007, 1.0],
    "candidates": [2, 0],
    **OF_SMALL,
}
TRAINING_TIMES_RESPONSE: dict[str, Any] = {
    "times": [
        [0.27121680042628116, 0.26265289406145254, 0.3560786072873897],
        [0.6766013744943684, 0.45003791089080536, 0.17375518136730944],
    ],
    "weights": [[0.9, 0.9, 0.9], [0.9, 0.9, 0.9]],
    "seed": 7,
    "fingerprint": OF_SMALL["fingerprint"],
}
LOSS_WEIGHT_RESPONSE: dict[str, Any] = {
    "loss_weight": [4.0, 1.3333334],
    "fingerprint": OF_SMALL["fingerprint"],
}
LOO_SHIFT_RESPONSE: dict[str, Any] = {
    "loo_shift": [2.566180600402766, 1.6110382328396513],
    "fingerprint": OF_SMALL["fingerprint"],
}
