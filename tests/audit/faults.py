"""Right and faulty corruption functions, each a few lines of NumPy."""

import numpy as np

from noising.engine import build_process

V, MASK = 1000, 1000
ABSORBING = {
    "vocab_size": V,
    "schedule": {"type": "loglinear"},
    "graph": {"type": "absorbing"},
}
UNIFORM = {**ABSORBING, "graph": {"type": "uniform"}}
EPS = 1e-3


def data(rng, rows=2048, length=64, high=V):
    return rng.integers(0, high, (rows, length))


def alpha(t):
    return 1.0 - (1.0 - EPS) * t


def times(rng, rows=2048):
    return 1.0 - rng.random(rows)


def mask(rng, x0, chance, mask_id=MASK):
    """Return masked tokens and where they moved; chance is (N,), (N, 1) or (N, L)."""
    chance = chance[:, None] if np.ndim(chance) == 1 else chance
    moved = rng.random(x0.shape) < chance
    return np.where(moved, mask_id, x0), moved


def resample(rng, x0, chance, low=0, high=V):
    moved = rng.random(x0.shape) < chance[:, None]
    return np.where(moved, rng.integers(low, high, x0.shape), x0), moved


def right_mask(rng):
    x0, t = data(rng), times(rng)
    xt, moved = mask(rng, x0, 1 - alpha(t))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t, "moved": moved, "weights": 1 / t}


def right_uniform(rng):
    x0, t = data(rng), times(rng)
    xt, moved = resample(rng, x0, 1 - alpha(t))
    return UNIFORM, {"x0": x0, "xt": xt, "t": t, "moved": moved}


def with_chance(find_chance, spec=ABSORBING, noise=mask, **more):
    def function(rng):
        x0, t = data(rng), times(rng)
        xt, _ = noise(rng, x0, find_chance(t))
        return spec, {"x0": x0, "xt": xt, "t": t, **more}

    return function


def cosine_as_loglinear(t):
    return 1 - np.cos(0.5 * np.pi * t) ** 2


def step_noise(t):
    sigma = -np.log(alpha(t))
    return 1 - np.exp(-(sigma + np.log(alpha(np.maximum(t - 1e-3, 0)))))


def one_time_for_all(rng):
    x0, t = data(rng), np.repeat(times(rng, 16), 128)
    xt, _ = mask(rng, x0, 1 - alpha(t))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t}


def times_too_low(rng):
    x0, t = data(rng), 0.8 * times(rng)
    xt, _ = mask(rng, x0, 1 - alpha(t))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t}


def times_outside(rng):
    x0, t = data(rng), times(rng)
    xt, _ = mask(rng, x0, 1 - alpha(t))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t, "low": 0.3, "high": 0.8}


def independent_times(rng):
    x0, t = data(rng), times(rng)
    xt, _ = mask(rng, x0, 1 - alpha(t))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t, "method": "stratified"}


def stratified_times(rng):
    x0 = data(rng)
    t = (rng.permutation(2048) + rng.random(2048)) / 2048
    xt, _ = mask(rng, x0, 1 - alpha(t))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t, "method": "uniform"}


def one_time_per_row(rng):
    x0, t = data(rng), times(rng)
    xt, _ = mask(rng, x0, 1 - alpha(t))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t, "block": 16}


def times_by_block(rng, block=16):
    """Blocks have times of their own, but that of the first is reported."""
    x0, t = data(rng), 1 - rng.random((2048, 4))
    xt, _ = mask(rng, x0, 1 - alpha(t.repeat(block, axis=1)))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t[:, 0]}


def wider_blocks(rng):
    x0, t = data(rng), 1 - rng.random((2048, 8))
    whole = t.repeat(8, axis=1)
    xt, _ = mask(rng, x0, 1 - alpha(whole))
    return ABSORBING, {"x0": x0, "xt": xt, "t": whole, "block": 16}


def other_mask(rng):
    x0, t = data(rng, high=500), times(rng)
    xt, _ = mask(rng, x0, 1 - alpha(t), mask_id=999)
    return ABSORBING, {"x0": x0, "xt": xt, "t": t}


def mask_in_data(rng):
    x0, t = data(rng), times(rng)
    xt, _ = mask(rng, x0, 1 - alpha(t), mask_id=7)
    spec = {**ABSORBING, "graph": {"type": "absorbing", "mask_id": 7}}
    return spec, {"x0": x0, "xt": xt, "t": t}


def specials_drawn(rng):
    x0, t = data(rng), times(rng)
    xt, _ = resample(rng, x0, 1 - alpha(t))
    counts = [0.0] * 3 + [1.0] * (V - 3)
    spec = {**UNIFORM, "graph": {"type": "marginal", "counts": counts}}
    return spec, {"x0": x0, "xt": xt, "t": t}


def ids_left_out(rng):
    x0, t = data(rng), times(rng)
    xt, _ = resample(rng, x0, 1 - alpha(t), low=3)
    return UNIFORM, {"x0": x0, "xt": xt, "t": t}


def out_of_vocabulary(rng):
    x0, t = data(rng), times(rng)
    xt, _ = resample(rng, x0, 1 - alpha(t), high=V + 24)
    return UNIFORM, {"x0": x0, "xt": xt, "t": t}


def data_out_of_vocabulary(rng):
    x0, t = data(rng, high=V + 24), times(rng)
    x0[x0 == V] = 0
    xt, _ = mask(rng, x0, 1 - alpha(t))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t}


def own_excluded_small(rng):
    """Seen by the share of changes, since few ids are drawn from."""
    spec = {**UNIFORM, "vocab_size": 8}
    x0, t = data(rng, high=8), times(rng)
    moved = rng.random(x0.shape) < (1 - alpha(t))[:, None]
    xt = np.where(moved, (x0 + rng.integers(1, 8, x0.shape)) % 8, x0)
    return spec, {"x0": x0, "xt": xt, "t": t}


def own_excluded(rng):
    x0, t = data(rng), times(rng)
    moved = rng.random(x0.shape) < (1 - alpha(t))[:, None]
    xt = np.where(moved, (x0 + rng.integers(1, V, x0.shape)) % V, x0)
    return UNIFORM, {"x0": x0, "xt": xt, "t": t, "moved": moved}


def one_id_for_all(rng):
    x0, t = data(rng), times(rng)
    moved = rng.random(x0.shape) < (1 - alpha(t))[:, None]
    xt = np.where(moved, rng.integers(0, V, (2048, 1)), x0)
    return UNIFORM, {"x0": x0, "xt": xt, "t": t}


def same_on_ranks(rng):
    parts = []
    seed = int(rng.integers(1 << 30))
    for rank in range(4):
        x0 = data(rng, 512)
        own = np.random.default_rng(seed)  # one seed for all ranks
        t = times(own, 512)
        parts.append((x0, mask(own, x0, 1 - alpha(t))[0], t, np.full(512, rank)))
    x0, xt, t, rank = (np.concatenate(part) for part in zip(*parts, strict=True))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t, "rank": rank}


def epochs(rng, find_noise):
    x0 = data(rng, 1024)
    parts = []
    for epoch in range(2):
        xt, t = find_noise(x0, epoch)
        parts.append((x0, xt, t, np.arange(1024), np.full(1024, epoch)))
    x0, xt, t, ids, epoch = (np.concatenate(part) for part in zip(*parts, strict=True))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t, "ids": ids, "epoch": epoch}


def right_epochs(rng):
    def noise(x0, epoch):
        t = times(rng, 1024)
        return mask(rng, x0, 1 - alpha(t))[0], t

    return epochs(rng, noise)


def frozen_noise(rng):
    """The words of a row are frozen; its times are not."""
    u = rng.random((1024, 64))

    def noise(x0, epoch):
        t = times(rng, 1024)
        return np.where(u < 1 - alpha(t)[:, None], MASK, x0), t

    return epochs(rng, noise)


def frozen_all(rng):
    t = times(rng, 1024)
    u = rng.random((1024, 64))
    return epochs(rng, lambda x0, _: (np.where(u < 1 - alpha(t)[:, None], MASK, x0), t))


def sticky_times(rng):
    """Stratified times whose cell is the row's number, as in c17."""

    def noise(x0, epoch):
        t = (np.arange(1024) + 1 - rng.random(1024)) / 1024
        return mask(rng, x0, 1 - alpha(t))[0], t

    return epochs(rng, noise)


def one_mask_for_a_batch(rng):
    x0, t = data(rng), times(rng)
    u = rng.random((128, 64)).repeat(16, axis=0)
    xt = np.where(u < 1 - alpha(t)[:, None], MASK, x0)
    return ABSORBING, {"x0": x0, "xt": xt, "t": t}


def pairs_of_positions(rng):
    x0, t = data(rng), times(rng)
    u = rng.random((2048, 32)).repeat(2, axis=1)
    return ABSORBING, {
        "x0": x0,
        "xt": np.where(u < 1 - alpha(t)[:, None], MASK, x0),
        "t": t,
    }


def exact_counts(rng):
    x0, t = data(rng), times(rng)
    order = rng.random(x0.shape).argsort(axis=1).argsort(axis=1)
    count = (64 * (1 - alpha(t)) + rng.random(2048)).astype(int)
    return ABSORBING, {
        "x0": x0,
        "xt": np.where(order < count[:, None], MASK, x0),
        "t": t,
    }


def protected(rng, declare):
    x0, t = data(rng), times(rng)
    x0[:, 0] = 2
    x0[:, -1] = 3
    fixed = np.zeros(64, bool)
    fixed[[0, -1]] = True
    xt, _ = mask(rng, x0, 1 - alpha(t))
    if not declare:
        xt[:, [0, -1]] = x0[:, [0, -1]]
    return ABSORBING, {"x0": x0, "xt": xt, "t": t} | (
        {"protect": fixed} if declare else {}
    )


def eos_kept(rng):
    x0, t = data(rng), times(rng)
    x0[rng.random(x0.shape) < 0.1] = 5
    xt, _ = mask(rng, x0, 1 - alpha(t))
    return ABSORBING, {"x0": x0, "xt": np.where(x0 == 5, 5, xt), "t": t}


def padding_noised(rng):
    x0, t = data(rng), times(rng)
    lengths = rng.integers(32, 65, 2048)
    xt, _ = mask(rng, x0, 1 - alpha(t))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t, "lengths": lengths}


def right_padding(rng):
    spec, of = padding_noised(rng)
    padding = np.arange(64) >= of["lengths"][:, None]
    return spec, {**of, "xt": np.where(padding, of["x0"], of["xt"])}


def rows_skipped(rng):
    x0, t = data(rng), times(rng)
    xt, _ = mask(rng, x0, 1 - alpha(t))
    skipped = rng.random(2048) < 0.02
    return ABSORBING, {"x0": x0, "xt": np.where(skipped[:, None], x0, xt), "t": t}


def moved_wrong(rng):
    spec, of = right_mask(rng)
    return spec, {**of, "moved": of["moved"] & (rng.random((2048, 64)) < 0.99)}


def weighted(find_weights, spec=ABSORBING, noise=mask, **more):
    def function(rng):
        x0, t = data(rng), times(rng)
        xt, moved = noise(rng, x0, 1 - alpha(t))
        return spec, {
            "x0": x0,
            "xt": xt,
            "t": t,
            "weights": find_weights(t, moved),
            **more,
        }

    return function


def realised(t, moved):
    with np.errstate(divide="ignore"):
        return 64 / moved.sum(axis=1)


COSINE = {**ABSORBING, "schedule": {"type": "cosine_squared", "epsilon": 0}}


def cosine_weighted(find_weights):
    def function(rng):
        x0, t = data(rng), 0.001 + 0.998 * times(rng)
        xt, _ = mask(rng, x0, np.sin(0.5 * np.pi * t) ** 2)
        return COSINE, {"x0": x0, "xt": xt, "t": t, "weights": find_weights(t)}

    return function


def sigma_of_cosine(t):
    return -2 * np.log(np.cos(0.5 * np.pi * t))


def right_blocks(rng):
    x0, t = data(rng), (1 - rng.random((2048, 4))).repeat(16, axis=1)
    xt, _ = mask(rng, x0, 1 - alpha(t))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t, "block": 16, "weights": 1 / t}


def exact_counts_by_block(rng):
    spec, of = right_blocks(rng)
    order = rng.random((2048, 4, 16)).argsort(axis=2).argsort(axis=2).reshape(-1, 64)
    first = rng.random((2048, 4)).repeat(16, axis=1)
    count = (16 * (1 - alpha(of["t"])) + first).astype(int)
    return spec, {**of, "xt": np.where(order < count, MASK, of["x0"])}


def right_timesteps(rng):
    process = build_process(UNIFORM)
    x0, steps = data(rng), rng.integers(0, 1000, 2048)
    xt = process.noise(x0, steps, seed=int(rng.integers(1 << 30))).tokens
    times = process.time(steps)[:, None]
    weights = process.nelbo_weight(xt, x0, times, dtype=np.float32)
    return UNIFORM, {"x0": x0, "xt": xt, "timestep": steps, "weights": weights}


def wrong_token_weights(rng):
    spec, of = right_timesteps(rng)
    return spec, {**of, "weights": 2.0 * of["weights"]}


def two_thirds_of_timesteps(rng):
    """A modulo that draws some steps more often."""
    spec, of = right_timesteps(rng)
    steps = np.where(rng.random(2048) < 0.3, of["timestep"] % 256, of["timestep"])
    xt = build_process(UNIFORM).noise(of["x0"], steps, seed=4).tokens
    return spec, {"x0": of["x0"], "xt": xt, "timestep": steps}


def with_times(find_times, **more):
    """Return right masks at times of the shape (N, 1) or (N, L)."""

    def function(rng):
        x0, t = data(rng), find_times(rng)
        protect = np.broadcast_to(t == 0, x0.shape)
        xt, _ = mask(rng, x0, 1 - alpha(t))
        xt = np.where(protect, x0, xt)
        return ABSORBING, {"x0": x0, "xt": xt, "t": t, "protect": protect, **more}

    return function


def blocks_after_a_prompt(rng):
    t = (1 - rng.random((2048, 4))).repeat(16, axis=1)
    t[:, :10] = 0.0
    return t


def stratified_batches(rng):
    return ((np.arange(2048) % 32 + 1 - np.repeat(rng.random(64), 32)) / 32)[:, None]


def antithetic(rng):
    t = 1 - rng.random(1024)
    return np.stack([t, 1 - t], axis=1).reshape(-1, 1)


def foreign_padding(rng):
    spec, of = right_padding(rng)
    padding = np.arange(64) >= of["lengths"][:, None]
    return spec, {**of, **{k: np.where(padding, -100, of[k]) for k in ("x0", "xt")}}


def moved_everywhere(rng):
    spec, of = right_mask(rng)
    return spec, {**of, "moved": np.ones((2048, 64), bool)}


def same_times_on_ranks(rng):
    x0, t = data(rng), np.tile(times(rng, 512), 4)
    xt, _ = mask(rng, x0, 1 - alpha(t))
    rank = np.repeat(np.arange(4), 512)
    return ABSORBING, {"x0": x0, "xt": xt, "t": t, "rank": rank}


def near_ids(rng):
    x0, t = data(rng), times(rng)
    moved = rng.random(x0.shape) < (1 - alpha(t))[:, None]
    xt = np.where(moved, (x0 + rng.integers(0, 200, x0.shape)) % V, x0)
    return UNIFORM, {"x0": x0, "xt": xt, "t": t}


def id_half_as_often(rng):
    x0, t = data(rng), times(rng)
    x0[rng.random(x0.shape) < 0.1] = 5
    xt, _ = mask(rng, x0, (1 - alpha(t))[:, None] * np.where(x0 == 5, 0.5, 1.0))
    return ABSORBING, {"x0": x0, "xt": xt, "t": t}


RIGHT = {
    "blocks that are not claimed": with_times(
        lambda rng: (1 - rng.random((2048, 4))).repeat(16, axis=1)
    ),
    "blocks after a prompt": with_times(blocks_after_a_prompt, block=16),
    "stratified batches": with_times(stratified_batches, method="stratified"),
    "antithetic times": with_times(antithetic, method="antithetic"),
    "times of 8 bits": with_times(lambda rng: rng.integers(0, 256, (2048, 1)) / 256),
    "few timesteps": with_times(
        lambda rng: rng.integers(1, 11, (2048, 1)) / 1000, high=0.01
    ),
    "padding of another id": foreign_padding,
    "blocks": right_blocks,
    "timesteps": right_timesteps,
    "half precision": lambda rng: _halve(*right_mask(rng)),
    "masks": right_mask,
    "uniform": right_uniform,
    "epochs": right_epochs,
    "padding": right_padding,
    "declared protection": lambda rng: _keep_protected(*protected(rng, declare=True)),
    "alpha in place of t": lambda rng: _claim_alpha(*right_mask(rng)),
}


def _keep_protected(spec, of):
    return spec, {**of, "xt": np.where(of["protect"], of["x0"], of["xt"])}


def _halve(spec, of):
    t = of["t"].astype(np.float16)
    t[t == 0] = 2.0**-14
    xt, _ = mask(np.random.default_rng(3), of["x0"], 1 - alpha(t.astype(float)))
    return spec, {
        "x0": of["x0"],
        "xt": xt,
        "t": t,
        "weights": (1 / t).astype(np.float16),
    }


def _claim_alpha(spec, of):
    of = {**of, "alpha": alpha(of["t"])}
    del of["t"], of["weights"]
    return spec, of


FAULTS = {
    "moved everywhere": (moved_everywhere, "moved_disagrees"),
    "equal times on ranks": (same_times_on_ranks, "repeated_times"),
    "ids near the old ones": (near_ids, "replacement_law"),
    "an id half as often": (id_half_as_often, "noise_by_token"),
    "another schedule": (with_chance(cosine_as_loglinear), "wrong_alpha"),
    "alpha squared": (with_chance(lambda t: 1 - alpha(t) ** 2), "wrong_alpha"),
    "time reversed": (with_chance(lambda t: 1 - alpha(1 - t)), "time_reversed"),
    "schedule ignored": (
        with_chance(lambda t: np.full_like(t, 0.15)),
        "schedule_ignored",
    ),
    "one step as the total": (with_chance(step_noise), "total_noise_trap"),
    "rate as the total": (
        with_chance(lambda t: 1 - np.exp(-(1 - EPS) / alpha(t))),
        "total_noise_trap",
    ),
    "uniform, time reversed": (
        with_chance(lambda t: 1 - alpha(1 - t), UNIFORM, resample),
        "time_reversed",
    ),
    "one time for a batch": (one_time_for_all, "repeated_times"),
    "times too low": (times_too_low, "times_not_uniform"),
    "times outside": (times_outside, "times_out_of_range"),
    "independent times": (independent_times, "times_not_stratified"),
    "stratified times": (stratified_times, "times_stratified"),
    "one time for a row": (one_time_per_row, "one_time_per_row"),
    "hidden times by block": (times_by_block, "dependent_positions"),
    "other blocks": (wider_blocks, "times_vary_in_block"),
    "another mask": (other_mask, "wrong_mask_id"),
    "mask in the data": (mask_in_data, "mask_in_data"),
    "specials drawn": (specials_drawn, "impossible_ids"),
    "ids left out": (ids_left_out, "replacement_law"),
    "ids out of vocabulary": (out_of_vocabulary, "noised_out_of_vocabulary"),
    "data out of vocabulary": (data_out_of_vocabulary, "data_out_of_vocabulary"),
    "own token excluded, few ids": (own_excluded_small, "own_token_excluded"),
    "own token excluded": (own_excluded, "own_token_excluded"),
    "one id for a row": (one_id_for_all, "repeated_positions"),
    "one seed for all ranks": (same_on_ranks, "same_noise_on_ranks"),
    "frozen noise": (frozen_noise, "frozen_noise"),
    "frozen times and noise": (frozen_all, "frozen_times"),
    "times that stick to rows": (sticky_times, "times_stick_to_rows"),
    "one mask for a batch": (one_mask_for_a_batch, "repeated_rows"),
    "positions in pairs": (pairs_of_positions, "dependent_positions"),
    "exact counts": (exact_counts, "even_counts"),
    "exact counts by block": (exact_counts_by_block, "even_counts"),
    "uneven timesteps": (two_thirds_of_timesteps, "times_not_uniform"),
    "token weights doubled": (wrong_token_weights, "wrong_weights"),
    "weight of an unknown form": (
        weighted(lambda t, _: np.sin(9 * t) + 2),
        "wrong_weights",
    ),
    "flat where realised is claimed": (
        weighted(lambda t, _: np.ones_like(t), form="realised"),
        "wrong_weights",
    ),
    "protected tokens noised": (lambda rng: protected(rng, True), "protected_changed"),
    "positions kept": (lambda rng: protected(rng, False), "position_never_changed"),
    "an id kept": (eos_kept, "token_never_changed"),
    "padding noised": (padding_noised, "padding_changed"),
    "rows skipped": (rows_skipped, "empty_rows"),
    "moved disagrees": (moved_wrong, "moved_disagrees"),
    "weight 1/p": (weighted(lambda t, _: 1 / (1 - alpha(t))), "wrong_weights"),
    "weight flat": (weighted(lambda t, _: np.ones_like(t)), "wrong_weights"),
    "weight infinite": (weighted(realised), "weights_not_finite"),
    "weight without dsigma": (
        cosine_weighted(lambda t: 1 / np.expm1(sigma_of_cosine(t))),
        "wrong_weights",
    ),
    "weight 1/t": (cosine_weighted(lambda t: 1 / t), "wrong_weights"),
}
"""Maps a fault to its function and the code of its first finding."""

SPREAD = ("hidden times by block",)
"""Faults that disturb alpha as well, so that another cause may be named first."""
