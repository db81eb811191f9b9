"""A noised batch as bytes: JSON, npy or safetensors."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from rest_framework.renderers import BaseRenderer

from noising.api.arrays import Rows
from noising.api.fields import EXTRAS
from noising.api.noise import npy
from noising.api.noise import safetensors as tensors
from noising.api.noise.responses import NoisedBatch
from noising.api.renderers import JSONRenderer


class BatchRenderer(BaseRenderer):
    """What a form of the answer can hold beside the tokens."""

    HOLDS: ClassVar[frozenset[str]] = frozenset(EXTRAS)
    ALWAYS: ClassVar[frozenset[str]] = frozenset()
    """What it holds without being asked."""


class BatchJSONRenderer(BatchRenderer, JSONRenderer):
    """Ragged rows as they came, masks and alphas where asked for."""

    def render(
        self,
        data: NoisedBatch | None,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the JSON document; nothing for no batch."""
        document = None if data is None else _document(data)
        return super().render(document, accepted_media_type, renderer_context)


class BatchNpyRenderer(BatchRenderer):
    """The noised tokens alone, in the dtype of the tokens, ragged rows padded by 0."""

    media_type = npy.MEDIA_TYPE
    format = "npy"
    charset = None
    render_style = "binary"
    HOLDS = frozenset({"seed"})  # in the headers

    def render(
        self,
        data: NoisedBatch | None,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the npy file; nothing for no batch."""
        return b"" if data is None else npy.write_npy(data.noised.tokens)


class BatchTensorsRenderer(BatchRenderer):
    """Tokens, masks and alpha; the seed, the fingerprint and metrics as metadata."""

    media_type = tensors.MEDIA_TYPE
    format = "safetensors"
    charset = None
    render_style = "binary"
    ALWAYS = frozenset({"masks"})

    def render(
        self,
        data: NoisedBatch | None,
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
        if data.order.rows.lengths is not None:
            arrays["lengths"] = data.order.rows.lengths
        metadata = {
            "seed": str(noised.seed),
            "fingerprint": data.order.process.fingerprint,
            **{name: str(value) for name, value in data.metrics.items()},
        }
        return tensors.write_tensors(arrays, metadata)


RENDERERS = (BatchJSONRenderer, BatchNpyRenderer, BatchTensorsRenderer)


def _document(batch: NoisedBatch) -> dict[str, Any]:
    """Return the answer as JSON will say it."""
    noised, rows = batch.noised, batch.order.rows
    document: dict[str, Any] = {
        "noised_tokens": _as_given(noised.tokens, rows),
        "alpha": noised.alpha,
        "seed": noised.seed,
        "metrics": batch.metrics,
        "fingerprint": batch.order.process.fingerprint,
    }
    if batch.alphas is not None:
        document["alphas"] = _as_given(batch.alphas, rows)
    if "masks" in batch.order.extras:
        document["masks"] = {
            "resampled": _as_given(noised.resampled, rows),
            "changed": _as_given(noised.changed, rows),
        }
    return document


def _as_given(array: NDArray[Any], rows: Rows) -> Any:
    """Return an array, or its rows cut to their lengths where they came ragged."""
    if rows.lengths is None:
        return array
    lengths = rows.lengths.tolist()
    return [row[:length] for row, length in zip(array, lengths, strict=True)]
