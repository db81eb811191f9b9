"""The responses of the core: the functions that build them, and their descriptions."""

from time import perf_counter
from typing import Any

import numpy as np
from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from noising.api.core.requests import NoiseRequest
from noising.api.problems import convert_engine_error
from noising.configured import VERSION, default_process
from noising.engine import ENGINE_VERSION, EngineError, Noised, chosen_kernel
from noising.metrics import TALLY


def build_status() -> dict[str, Any]:
    """Return the service and its version."""
    return {
        "service": "Noising Service",
        "version": VERSION,
        "status": "operational",
    }


def build_info() -> dict[str, Any]:
    """Return the server's configuration."""
    process = default_process()
    specification = process.spec
    return {
        "vocab_size": process.vocab_size,
        "num_timesteps": process.num_timesteps,
        "schedule_type": specification["schedule"]["type"],
        "beta_min": settings.BETA_MIN,
        "beta_max": settings.BETA_MAX,
        "graph": specification["graph"]["type"],
        "mask_id": process.mask_id,
        "num_states": process.num_states,
        "hyperschedule": settings.HYPERSCHEDULE,
        "token_type_weights": settings.TOKEN_TYPE_WEIGHTS,
        "limits": {
            "max_tokens": settings.MAX_TOKENS,
            "max_body_bytes": settings.MAX_BODY_BYTES,
            "max_trajectory_tokens": settings.MAX_TRAJECTORY_TOKENS,
            "max_probabilities": settings.MAX_PROBABILITIES,
            "max_work_seconds": settings.MAX_WORK_SECONDS,
            "max_costly_requests": settings.MAX_COSTLY_REQUESTS,
            "max_text_characters": settings.MAX_TEXT_CHARACTERS,
            "max_run_schedules": settings.MAX_RUN_SCHEDULES,
            "max_run_timesteps": settings.MAX_RUN_TIMESTEPS,
            "max_run_samples": settings.MAX_RUN_SAMPLES,
            "max_queued_runs": settings.MAX_QUEUED_RUNS,
            "max_audit_tokens": settings.MAX_AUDIT_TOKENS,
            "max_kept_pairs": settings.MAX_KEPT_PAIRS,
        },
        "kernel": chosen_kernel(),
        "versions": {"service": VERSION, "engine": ENGINE_VERSION},
        "fingerprint": process.fingerprint,
        "specification": specification,
    }


def build_alpha(timestep: int) -> dict[str, Any]:
    """Return alpha at a timestep."""
    return {"timestep": timestep, "alpha": float(default_process().alphas[timestep])}


def noise_tokens(request: NoiseRequest) -> tuple[dict[str, Any], int]:
    """Noise the tokens.

    Returns:
        the document, and the seed that repeats it.

    Raises:
        ValidationError: the hyperschedule does not fit the tokens.
    """
    noised = _noise(request)
    total = len(request.tokens)
    unchanged = int(np.count_nonzero(noised.tokens == request.tokens))
    document: dict[str, Any] = {
        "noised_tokens": noised.tokens,
        "alpha": float(noised.alpha),
        "metrics": count_unchanged(unchanged, total),
    }
    return document | _build_extras(request, noised), noised.seed


def count_unchanged(unchanged: int, total: int) -> dict[str, Any]:
    """Return how many tokens are unchanged, and their share."""
    share = unchanged / total if total else 1.0
    return {
        "unchanged_tokens": unchanged,
        "percent_unchanged": round(100 * share, 2),
        "total_tokens": total,
    }


def _noise(request: NoiseRequest) -> Noised:
    started = perf_counter()
    try:
        noised = request.process.noise(
            request.tokens,
            request.timestep,
            seed=request.seed,
            weights=request.weights,
            protect=request.protect,
        )
    except EngineError as error:
        # Everything else was checked before, so the weights do not fit the tokens.
        engine_path, name = "hyperschedule", "hyperschedule"
        if request.weights is not None:
            engine_path, name = "weights", "token_weights"
        converted = convert_engine_error(error, engine_path, name)
        raise ValidationError({name: converted.detail}) from None
    TALLY.add_noise(noised.tokens.size, perf_counter() - started)
    return noised


def _build_extras(request: NoiseRequest, noised: Noised) -> dict[str, Any]:
    """Return the further keys that the request lists."""
    extras: dict[str, Any] = {}
    if "alphas" in request.extras:
        sigmas = request.process.position_sigma(
            request.process.time(request.timestep),
            len(request.tokens),
            weights=request.weights,
            tokens=request.tokens,
        )
        extras["alphas"] = np.exp(-sigmas)
    if "seed" in request.extras:
        extras["seed"] = noised.seed
    if "masks" in request.extras:
        extras["masks"] = {"resampled": noised.resampled, "changed": noised.changed}
    return extras


class StatusSerializer(serializers.Serializer[Any]):
    """The response of GET /."""

    service = serializers.CharField()
    version = serializers.CharField()
    status = serializers.CharField()


class LimitsSerializer(serializers.Serializer[Any]):
    """The limits of one request."""

    max_tokens = serializers.IntegerField()
    max_body_bytes = serializers.IntegerField()
    max_trajectory_tokens = serializers.IntegerField(
        help_text="Tokens of a trajectory, summed over its timesteps."
    )
    max_probabilities = serializers.IntegerField(
        help_text="Rows times states in one request for exact quantities."
    )
    max_work_seconds = serializers.FloatField(
        help_text="Estimated seconds to build a noise process, or for a request's "
        "computations other than noising its tokens."
    )
    max_costly_requests = serializers.IntegerField(
        help_text="Costly requests at once in each worker process."
    )
    max_text_characters = serializers.IntegerField()
    max_run_schedules = serializers.IntegerField(
        help_text="Schedules in one run, not counting the baseline."
    )
    max_run_timesteps = serializers.IntegerField()
    max_run_samples = serializers.IntegerField()
    max_queued_runs = serializers.IntegerField(
        help_text="Unfinished runs of one account."
    )
    max_audit_tokens = serializers.IntegerField(help_text="Tokens of one audit.")
    max_kept_pairs = serializers.IntegerField(
        help_text="Audits of one account that keep their upload."
    )


class VersionsSerializer(serializers.Serializer[Any]):
    """The versions of the parts."""

    service = serializers.CharField()
    engine = serializers.CharField()


class InfoSerializer(serializers.Serializer[Any]):
    """The response of GET /info."""

    vocab_size = serializers.IntegerField()
    num_timesteps = serializers.IntegerField()
    schedule_type = serializers.CharField()
    beta_min = serializers.FloatField(help_text="Used by linear and quadratic.")
    beta_max = serializers.FloatField(help_text="Used by linear and quadratic.")
    graph = serializers.CharField()
    mask_id = serializers.IntegerField(allow_null=True)
    num_states = serializers.IntegerField(
        help_text="Number of states: ids that noised tokens can have."
    )
    hyperschedule = serializers.DictField(help_text="Used if a request names none.")
    token_type_weights = serializers.DictField(child=serializers.FloatField())
    limits = LimitsSerializer()
    kernel = serializers.CharField(help_text="numpy, numba or auto.")
    versions = VersionsSerializer()
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification.")
    specification = serializers.DictField()


class AlphaSerializer(serializers.Serializer[Any]):
    """The response of GET /alpha/{timestep}."""

    timestep = serializers.IntegerField()
    alpha = serializers.FloatField(min_value=0.0, max_value=1.0)


class MetricsSerializer(serializers.Serializer[Any]):
    """How many tokens are unchanged."""

    unchanged_tokens = serializers.IntegerField()
    percent_unchanged = serializers.FloatField(help_text="With two decimals.")
    total_tokens = serializers.IntegerField()


class MasksSerializer(serializers.Serializer[Any]):
    """A boolean for each position."""

    resampled = serializers.ListField(
        child=serializers.BooleanField(),
        help_text="Resampled, possibly to the same id.",
    )
    changed = serializers.ListField(
        child=serializers.BooleanField(), help_text="The id differs from the clean one."
    )


class NoiseSerializer(serializers.Serializer[Any]):
    """The response of POST /noise; the last three keys only if `return` names them."""

    noised_tokens = serializers.ListField(child=serializers.IntegerField())
    alpha = serializers.FloatField(
        help_text="At the timestep, without a hyperschedule."
    )
    metrics = MetricsSerializer()
    alphas = serializers.ListField(
        child=serializers.FloatField(), required=False, help_text="By position."
    )
    seed = serializers.IntegerField(required=False, min_value=0)
    masks = MasksSerializer(required=False)
