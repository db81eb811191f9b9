"""Token sequences in three formats, written by each format's own library."""

import io
from typing import Any
from urllib.parse import urlencode

import numpy as np
import orjson
from safetensors.numpy import load, save

JSON = "application/json"
NPY = "application/x-npy"
TENSORS = "application/vnd.safetensors"
FORMS = (JSON, NPY, TENSORS)


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def body_of(form: str, tokens: np.ndarray, **fields: Any) -> tuple[str, bytes]:
    """Return the query and the body of a request to noise a batch."""
    if form == JSON:
        document = {"tokens": tokens.tolist()} | fields
        return "", orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    texts = {name: text_of(value) for name, value in fields.items()}
    if form == NPY:
        return f"?{urlencode(texts)}", npy(tokens)
    # `save` writes the memory behind an array and asks for no strides.
    return "", save({"tokens": np.ascontiguousarray(tokens)}, texts)


def text_of(value: Any) -> str:
    """Return a parameter as the query and metadata write it."""
    if isinstance(value, str):
        return value
    text = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return text.strip("[]").replace('"', "") if isinstance(value, list) else text


def tokens_of(form: str, content: bytes) -> np.ndarray:
    """Return the noised tokens of an answer."""
    if form == JSON:
        return np.array(orjson.loads(content)["noised_tokens"])
    if form == NPY:
        return np.load(io.BytesIO(content), allow_pickle=False)
    return load(content)["noised_tokens"]
