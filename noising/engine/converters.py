"""Conversions between alpha, sigma, beta, move chance and kappa.

alpha is the share of the signal that is left, sigma = -log alpha is total noise, and
beta is the move chance of one step. Flow matching runs time backwards: its kappa is
the chance that a token is that of the data, and t = 1 is the data. Tables have one
value for each of the timesteps 0..T-1.

Source: Austin et al. 2021 (D3PM); Lou, Meng, Ermon 2024 (SEDD); Gat et al. 2024
(discrete flow matching), eq. 4.
"""

from typing import Any

import numpy as np

from noising.engine.arrays import FloatArray, float_array, quiet
from noising.engine.errors import EngineError


@quiet
def sigma_of_alpha(alpha: Any) -> FloatArray:
    """Return total noise -log alpha, in [0, inf].

    Args:
        alpha: chances in [0, 1], any shape; `sigma_of_move_chance` is more exact for
            values close to 1.

    Raises:
        EngineError: a value outside [0, 1].
    """
    return -np.log(_check_chances(alpha, "alpha")) + 0.0


def alpha_of_sigma(sigma: Any) -> FloatArray:
    """Return exp(-sigma).

    Args:
        sigma: total noise in [0, inf], any shape.

    Raises:
        EngineError: a negative value.
    """
    return np.asarray(np.exp(-_check_noise(sigma)), np.float64)


@quiet
def sigma_of_move_chance(move_chance: Any) -> FloatArray:
    """Return -log(1 - move chance), exact where it is small.

    Args:
        move_chance: chances in [0, 1], any shape.

    Raises:
        EngineError: a value outside [0, 1].
    """
    return -np.log1p(-_check_chances(move_chance, "move_chance")) + 0.0


def move_chance_of_sigma(sigma: Any) -> FloatArray:
    """Return 1 - exp(-sigma), exact where it is small.

    Args:
        sigma: total noise in [0, inf], any shape.

    Raises:
        EngineError: a negative value.
    """
    return -np.expm1(-_check_noise(sigma))


def sigmas_of_betas(betas: Any) -> FloatArray:
    """Return total noise after each step, of alpha_k = prod over j <= k of 1 - beta_j.

    Args:
        betas: (T,) move chances of the steps, in [0, 1].

    Raises:
        EngineError: a value outside [0, 1], or not a table.
    """
    steps = _check_table(_check_chances(betas, "betas"), "betas", 1)
    return np.cumsum(sigma_of_move_chance(steps))


@quiet
def betas_of_sigmas(sigmas: Any) -> FloatArray:
    """Return the move chance of each step, (T,), from total noise after it.

    Args:
        sigmas: (T,) total noise, never falling; it is 0 before the first step.

    Raises:
        EngineError: a falling table, a negative value, or not a table.
    """
    table = np.concatenate(
        [[0.0], _check_table(_check_noise(sigmas, "sigmas"), "sigmas", 1)]
    )
    added = np.diff(table)
    if (added < 0.0).any():
        rule = "must not fall: a step cannot remove noise"
        raise EngineError("sigmas", "falls", rule, float(added.min()))
    # After infinite noise the difference is NaN, and no noise is added.
    return -np.expm1(-np.where(np.isnan(added), 0.0, added))


def alphas_of_betas(betas: Any) -> FloatArray:
    """Return the product of 1 - beta up to each step, (T,); see `sigmas_of_betas`."""
    return alpha_of_sigma(sigmas_of_betas(betas))


def betas_of_alphas(alphas: Any) -> FloatArray:
    """Return beta_k = 1 - alpha_k/alpha_(k-1), (T,); see `betas_of_sigmas`.

    Args:
        alphas: (T,) chances in [0, 1], never rising.

    Raises:
        EngineError: a rising table, a value outside [0, 1], or not a table.
    """
    kept = _check_table(_check_chances(alphas, "alphas"), "alphas", 1)
    before = np.concatenate([[1.0], kept[:-1]])
    lost = before - kept
    if (lost < 0.0).any():
        rule = "must not rise: a step cannot remove noise"
        raise EngineError("alphas", "rises", rule, float(-lost.min()))
    return lost / np.where(before > 0.0, before, 1.0)


def reversed_time(t: Any) -> FloatArray:
    """Return 1 - t, which converts between flow matching's time and this library's.

    Args:
        t: times in [0, 1], any shape.

    Raises:
        EngineError: a time outside [0, 1].
    """
    return 1.0 - _check_chances(t, "t")


def alphas_of_kappas(kappas: Any) -> FloatArray:
    """Return alpha at the timesteps, (T,), from kappa over flow matching's time.

    Args:
        kappas: (T+1,) kappa at the times 0, 1/T, ..., 1; the last, at the data, is 1.

    Raises:
        EngineError: a value outside [0, 1], a last value other than 1, or not a table.
    """
    table = _check_table(_check_chances(kappas, "kappas"), "kappas", 2)
    if table[-1] != 1.0:
        rule = "must end in 1: at t = 1 there is no noise"
        raise EngineError("kappas", "no_data", rule, float(table[-1]))
    return table[-2::-1].copy()


def kappas_of_alphas(alphas: Any) -> FloatArray:
    """Return kappa at the times 0, 1/T, ..., 1, (T+1,), from alpha at the timesteps.

    Args:
        alphas: (T,) chances in [0, 1].

    Raises:
        EngineError: a value outside [0, 1], or not a table.
    """
    table = _check_table(_check_chances(alphas, "alphas"), "alphas", 1)
    return np.concatenate([table[::-1], [1.0]])


@quiet
def dsigma_of_kappa(kappa: Any, dkappa: Any) -> FloatArray:
    """Return this library's d sigma / dt = kappa'/kappa, at the reversed time.

    Args:
        kappa: kappa in [0, 1], any shape.
        dkappa: derivative of kappa by flow matching's time, of the same shape.

    Raises:
        EngineError: a kappa outside [0, 1], or shapes that differ.
    """
    chance, rate = _check_chances(kappa, "kappa"), float_array(dkappa, "dkappa")
    if chance.shape != rate.shape:
        rule = f"must have kappa's shape {list(chance.shape)}"
        raise EngineError("dkappa", "wrong_shape", rule, list(rate.shape))
    ratio = rate / np.where(chance > 0.0, chance, 1.0)
    return np.where(chance > 0.0, ratio, np.inf)


def _check_chances(value: Any, field: str) -> FloatArray:
    array = float_array(value, field)
    outside = array[(array < 0.0) | (array > 1.0)]
    if outside.size:
        raise EngineError(
            field, "out_of_range", "must lie in [0, 1]", float(outside.flat[0])
        )
    return array


def _check_noise(value: Any, field: str = "sigma") -> FloatArray:
    array = float_array(value, field)
    if array.size and array.min() < 0.0:
        raise EngineError(field, "out_of_range", "must be >= 0", float(array.min()))
    return array


def _check_table(array: FloatArray, field: str, least: int) -> FloatArray:
    if array.ndim != 1 or array.size < least:
        rule = f"must be a table of at least {least} values"
        raise EngineError(field, "wrong_shape", rule, list(array.shape))
    return array
