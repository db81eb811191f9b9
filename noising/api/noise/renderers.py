"""A noised batch as bytes: JSON, npy or safetensors."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from rest_framework.renderers import BaseRenderer

from noising.api.array_fields import Rows
from noising.api.noise import npy, safetensors
from noising.api.noise.requests import BATCH_EXTRAS
from noising.api.noise.responses import BatchResult
from noising.api.renderers import JSONRenderer


class BatchRenderer(BaseRenderer):
    """A format of the response."""

    ALLOWED: ClassVar[frozenset[str]] = frozenset(BATCH_EXTRAS)
    """The extras that it can hold."""

    ALWAYS: ClassVar[frozenset[str]] = frozenset()
    """The extras that it holds in every response."""


class BatchJSONRenderer(BatchRenderer, JSONRenderer):
    """Rows as in the request; masks and alphas if requested."""

    def render(
        self,
        data: BatchResult | None,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the JSON document; nothing for no batch."""
        document = None if data is None else _serialize(data)
        return super().render(document, accepted_media_type, renderer_context)


class BatchNpyRenderer(BatchRenderer):
    """The noised tokens in the dtype of the tokens; ragged rows padded with 0."""

    media_type = npy.MEDIA_TYPE
    format = "npy"
    charset = None
    render_style = "binary"
    ALLOWED = frozenset({"seed"})  # in the headers

    def render(
        self,
        data: BatchResult | None,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the npy file; nothing for no batch."""
        return b"" if data is None else npy.write_npy(data.noised.tokens)


class BatchTensorsRenderer(BatchRenderer):
    """Tokens, masks and alpha; the seed, the fingerprint and metrics as metadata."""

    media_type = safetensors.MEDIA_TYPE
    format = "safetensors"
    charset = None
    render_style = "binary"
    ALWAYS = frozenset({"masks"})

    def render(
        self,
        data: BatchResult | None,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the safetensors file; nothing for no batch."""
        if data is None:
            return b""
        noised = data.noised
        arrays = {
            "noised_tokens": noised.tokens,
            "resampled": noised.resampled,
            "changed": noised.changed,
            "alpha": np.asarray(noised.alpha),
        }
        if data.alphas is not None:
            arrays["alphas"] = data.alphas
        if data.complement is not None:
            arrays["complement"] = data.complement
        if data.request.rows.lengths is not None:
            arrays["lengths"] = data.request.rows.lengths
        metadata = {
            "seed": str(noised.seed),
            "fingerprint": data.request.selection.process.fingerprint,
            **{name: str(value) for name, value in data.metrics.items()},
        }
        return safetensors.write_tensors(arrays, metadata)


RENDERERS = (BatchJSONRenderer, BatchNpyRenderer, BatchTensorsRenderer)


def _serialize(batch: BatchResult) -> dict[str, Any]:
    """Return the JSON document."""
    noised, rows = batch.noised, batch.request.rows
    document: dict[str, Any] = {
        "noised_tokens": _unpad(noised.tokens, rows),
        "alpha": _unpad(noised.alpha, batch.request.given_times),
        "seed": noised.seed,
        "metrics": batch.metrics,
        "fingerprint": batch.request.selection.process.fingerprint,
    }
    if batch.alphas is not None:
        document["alphas"] = _unpad(batch.alphas, rows)
    if "masks" in batch.request.extras:
        document["masks"] = {
            "resampled": _unpad(noised.resampled, rows),
            "changed": _unpad(noised.changed, rows),
        }
    if batch.complement is not None:
        document["complement"] = _unpad(batch.complement, rows)
    return document


def _unpad(array: Any, rows: Rows) -> Any:
    """Return an array, or a list of its rows without padding."""
    if rows.lengths is None:
        return array
    lengths = rows.lengths.tolist()
    return [row[:length] for row, length in zip(array, lengths, strict=True)]
