"""What the endpoints about text answer, as JSON-ready documents."""

from typing import Any

from noising.api.text.requests import DetokenizeRequest, TokenizeRequest
from noising.configured import (
    CUSTOM_TOKENIZER,
    default_tokenizer,
    tokenizer_named,
    tokenizer_names,
)
from noising.tokenizers import BUILTIN_TOKENIZERS


def tokenizers_answer() -> dict[str, Any]:
    """Return the tokenizers of this server; of those built in none is loaded."""
    return {"tokenizers": [_described(name) for name in tokenizer_names()]}


def _described(name: str) -> dict[str, Any]:
    if name == CUSTOM_TOKENIZER:
        size, source = tokenizer_named(name).vocab_size, "tokenizer.json of this server"
    else:
        builtin = BUILTIN_TOKENIZERS[name]
        size, source = builtin.vocab_size, builtin.source
    return {
        "name": name,
        "vocab_size": size,
        "source": source,
        "default": name == default_tokenizer(),
    }


def tokenize_answer(request: TokenizeRequest) -> dict[str, Any]:
    """Return tokens and types, which POST /noise takes as they are, and extras."""
    encoding = request.encoding
    answer = {"tokens": encoding.tokens, "token_types": encoding.token_types}
    if "texts" in request.extras:
        answer["texts"] = request.tokenizer.texts(encoding.tokens.tolist())
    if "offsets" in request.extras:
        answer["offsets"] = encoding.offsets
    if "types" in request.extras:
        answer["types"] = encoding.type_names
    return answer


def detokenize_answer(request: DetokenizeRequest) -> dict[str, Any]:
    """Return the text, and extras."""
    tokens, mask_id = request.tokens, request.mask_id
    answer: dict[str, Any] = {"text": request.tokenizer.decode(tokens, mask_id=mask_id)}
    if "texts" in request.extras:
        answer["texts"] = request.tokenizer.texts(tokens, mask_id=mask_id)
    return answer
