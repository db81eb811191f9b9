"""The formats of pairs that are kept; the response has the form of the upload."""

from noising.api.audits.requests import NPZ, SAFETENSORS
from noising.api.renderers import JSONRenderer, ReadyRenderer


class NPZRenderer(ReadyRenderer):
    """NumPy arrays in a zip archive."""

    media_type = NPZ
    format = "npz"


class SafetensorsRenderer(ReadyRenderer):
    """Tensors with a header."""

    media_type = SAFETENSORS
    format = "safetensors"


PAIRS_RENDERERS = (NPZRenderer, SafetensorsRenderer, JSONRenderer)
