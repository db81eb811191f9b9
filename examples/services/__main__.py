"""``python -m examples.services`` starts both services.

Prints the settings that point a noising service to them, and serves until it is
stopped.
"""

from __future__ import annotations

import argparse
import signal
from typing import Any

import numpy as np

from examples.services.denoising import UnigramDenoiser, corpus_counts
from examples.services.serving import Answer, serving
from noising.engine import build_process
from noising.tokenizers import BUILTIN_TOKENIZERS, load_tokenizer


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    options = _parser().parse_args()
    stops = {signal.SIGINT, signal.SIGTERM}
    # Before any thread starts: they inherit it, and the signal waits for sigwait.
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    host = options.host
    tokenize = tokenizing(options.tokenizer)
    denoise = denoising(options.tokenizer, options.vocab_size, options.graph)
    with (
        serving(host, options.tokenizer_port, "/tokenize", tokenize) as first,
        serving(host, options.denoiser_port, "/denoise", denoise) as last,
    ):
        print(f"TOKENIZER_URL={first} DENOISER_URL={last}", flush=True)
        signal.sigwait(stops)


def tokenizing(name: str) -> Answer:
    """Return what answers POST /tokenize {"text"}."""
    tokenizer = load_tokenizer(name)

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        encoding = tokenizer.encode(request["text"])
        return {"tokens": encoding.tokens, "token_types": encoding.token_types}

    return answer


def denoising(tokenizer: str, vocab_size: int, graph: str) -> Answer:
    """Return what answers POST /denoise {"noised_tokens", "alpha"}."""
    process = build_process({"vocab_size": vocab_size, "graph": {"type": graph}})
    denoiser = UnigramDenoiser.from_counts(process, corpus_counts(tokenizer))

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        tokens = np.array(request["noised_tokens"], dtype=np.int64)
        alpha = float(request["alpha"])
        if tokens.ndim != 1 or not 0.0 <= alpha <= 1.0:
            raise ValueError("noised_tokens is a list, and alpha lies in [0, 1].")
        if tokens.size and not 0 <= tokens.min() <= tokens.max() < process.num_states:
            raise ValueError(f"ids lie in 0..{process.num_states - 1}.")
        return {"denoised_tokens": denoiser.denoise(tokens, alpha)}

    return answer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m examples.services",
        description="Start a tokenizer service and a denoiser service.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="where to listen")
    add("--tokenizer-port", type=int, default=8101, help="0 for a free port")
    add("--denoiser-port", type=int, default=8102, help="0 for a free port")
    add("--tokenizer", choices=list(BUILTIN_TOKENIZERS), default="gpt2", help="which")
    add("--vocab-size", type=int, default=50257, help="the noising service's")
    add("--graph", choices=["uniform", "absorbing"], default="uniform", help="same")
    return parser


if __name__ == "__main__":
    main()
