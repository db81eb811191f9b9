"""One small specification of every registered schedule and graph, for contracts."""

import itertools

from noising.engine import GRAPH_TYPES, SCHEDULE_TYPES, build_process

TIMESTEPS = 20
VOCAB = 5

SCHEDULES = {
    name: {"type": name} for name in SCHEDULE_TYPES if name not in ("custom", "matrix")
}
SCHEDULES["custom"] = {
    "type": "custom",
    "sigmas": [0.01 * (k + 1) ** 2 for k in range(TIMESTEPS)],
}

GRAPHS = {
    "uniform": {"type": "uniform"},
    "absorbing": {"type": "absorbing"},
    "absorbing inside": {"type": "absorbing", "mask_id": 2},
    "marginal": {"type": "marginal", "counts": [5, 3, 1, 0, 1]},
    "hdlm_gamma": {"type": "hdlm_gamma"},
    "hdlm_gamma 0": {"type": "hdlm_gamma", "gamma": 0},
    "hdlm_gamma 1": {"type": "hdlm_gamma", "gamma": 1},
    "hdlm_epsilon": {"type": "hdlm_epsilon"},
    "hdlm_gamma inside": {"type": "hdlm_gamma", "gamma": 0.4, "mask_id": 2},
    "hdlm_epsilon inside": {"type": "hdlm_epsilon", "epsilon": 0.3, "mask_id": 0},
    "gidd": {"type": "gidd"},
    "gidd inside": {"type": "gidd", "mask_id": 4},
    "mixture": {"type": "mixture"},
    "mixture inside": {
        "type": "mixture",
        "share": {"type": "log_snr", "scale": -0.5, "shift": 0.3},
        "mask_id": 1,
    },
    "mixture of equal shares": {
        "type": "mixture",
        "share": {"type": "log_snr", "scale": 0, "shift": -1},
    },
    "banded": {"type": "banded", "beta": 2.0},
    "nearest_neighbor": {
        "type": "nearest_neighbor",
        "edges": [[0, 1], [1, 2], [2, 3], [3, 4], [0, 2]],
    },
    "rate_matrix": {
        "type": "rate_matrix",
        "rates": [
            [-1.0, 0.5, 0.25, 0.25, 0.0],
            [0.0, -0.5, 0.5, 0.0, 0.0],
            [0.1, 0.0, -0.2, 0.1, 0.0],
            [0.0, 0.0, 2.0, -2.0, 0.0],
            [0.0, 0.0, 0.3, 0.0, -0.3],
        ],
    },
}
assert {graph["type"] for graph in GRAPHS.values()} == set(GRAPH_TYPES)

# A graph knows its schedule by sigma alone: a formula, a table and a solved equation
# stand for all of them. A schedule knows its graph only where it is solved for it.
PAIRS = [
    (schedule, graph)
    for schedule, graph in itertools.product(SCHEDULES, GRAPHS)
    if (GRAPHS[graph]["type"] == "gidd") <= (schedule == "gidd")
    and (
        schedule in ("cosine", "custom", "sedd_entropy", "gidd")
        or graph in ("uniform", "absorbing")
    )
]


def schedule_for(graph, schedule):
    """Return the name of a schedule that a graph can have: `schedule`, or its own."""
    return "gidd" if GRAPHS[graph]["type"] == "gidd" else schedule


def example(schedule, graph, vocab_size=VOCAB):
    return build_process(
        {
            "vocab_size": vocab_size,
            "num_timesteps": TIMESTEPS,
            "schedule": SCHEDULES[schedule],
            "graph": GRAPHS[graph],
        }
    )


def data_ids(process):
    """The ids that clean data may hold."""
    return [i for i in range(process.vocab_size) if i != process.mask_id]
