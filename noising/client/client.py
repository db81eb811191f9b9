"""The client of a noising service."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

import httpx
import numpy as np

from noising.client.audits import Audits
from noising.client.noise import NoisedBatch, batch_of, form_of
from noising.client.runs import Runs
from noising.client.schedules import Schedules
from noising.client.training import TrainingTimes, times_of, values_of
from noising.client.transport import Transport

TIMEOUT_SECONDS: Final = 60.0
RETRIES: Final = 3

Document = dict[str, Any]


class NoisingClient:
    """Sends requests to one service; close it, or use it in a `with` block.

    Args:
        base_url: URL of the service, such as ``http://localhost:8000``.
        token: access token of an account, for writes and for closed services.
        timeout: seconds for a connection, and for each wait for bytes.
        retries: number of retries if the service is busy or cannot be reached.
        transport: an httpx transport to use instead of the network.

    Raises:
        ValueError: the URL is not an http or https URL.

    Attributes:
        schedules: the service's stored schedules.
        runs: the service's benchmark runs.
        audits: the service's audits of noised tokens.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        timeout: float = TIMEOUT_SECONDS,
        retries: int = RETRIES,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError(
                f"`base_url` must begin with http:// or https://, got {base_url!r}"
            )
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        http = httpx.Client(
            base_url=base_url, headers=headers, timeout=timeout, transport=transport
        )
        self._transport = Transport(http=http, retries=retries)
        self.schedules = Schedules(transport=self._transport)
        self.runs = Runs(transport=self._transport)
        self.audits = Audits(transport=self._transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.http.close()

    def info(self) -> Document:
        """Return the configuration of the service, with its limits."""
        return self._request("GET", "info")

    def alpha(self, timestep: int) -> float:
        """Return alpha of the service's own noise process at a timestep."""
        return float(self._request("GET", f"alpha/{timestep}")["alpha"])

    def noise(
        self,
        tokens: Any,
        timesteps: Any = None,
        *,
        times: Any = None,
        seed: int | None = None,
        masks: bool = False,
        complement: bool = False,
        schedule: str | Mapping[str, Any] | None = None,
        sequence_ids: Any = None,
        draw: int | None = None,
        positions: Any = None,
        lengths: Any = None,
        protect: Any = None,
        weights: Any = None,
        token_types: Mapping[str, Sequence[int]] | None = None,
        hyperschedule: Mapping[str, Any] | None = None,
        count: Any = None,
        at_least: Any = None,
        block: int | None = None,
    ) -> NoisedBatch:
        """Noise a batch: the same tokens as the engine's `noise` with the same seed.

        Args:
            tokens: (L,) or (B, L) integers, or rows of different lengths; `protect`,
                `weights`, `timesteps`, `times`, `sequence_ids` and `positions` may then
                be rows of the same lengths.
            timesteps: a timestep, (B,) timesteps, or one for each token.
            times: real times in [0, 1] instead, in the same shapes.
            seed: 0..2^64-1, or None for a random one.
            masks: whether to return alpha and which tokens were resampled and changed.
            complement: whether to return the tokens of the complementary batch too.
            schedule: the name of a stored schedule, or a specification.
            sequence_ids: (B,) ids of the rows, or one for each token.
            draw: which of several independent samples.
            positions: (L,) or (B, L) positions of the tokens in their sequences; by
                default 0..L-1.
            lengths: (B,) numbers of real tokens in padded rows.
            protect: a boolean mask in the shape of the tokens or (L,), or
                ``{"ids": [...], "positions": [...]}``.
            weights: (L,) or (B, L) weights above 0.
            token_types: ids by type.
            hyperschedule: a specification.
            count: how many positions of each row are resampled: k, or (B,).
            at_least: how many are at least, in the same shapes.
            block: width of the blocks of columns that `count` or `at_least` is for,
                instead of rows.

        Raises:
            TypeError: the tokens are not integers.
            ValueError: rows of different lengths do not fit together.
            ApiError: the service refused the request.
            NoAnswerError: the service did not respond.
        """
        by_rule = isinstance(protect, Mapping)
        form = form_of(
            tokens,
            one_array=not masks and not complement,
            tensors={
                "timesteps": timesteps,
                "times": times,
                "sequence_ids": sequence_ids,
                "positions": positions,
                "lengths": lengths,
                "protect": None if by_rule else protect,
                "weights": weights,
                "count": count,
                "at_least": at_least,
            },
            params={
                "seed": seed,
                "draw": draw,
                "schedule": schedule,
                "protect": protect if by_rule else None,
                "token_types": token_types,
                "hyperschedule": hyperschedule,
                "block": block,
                "return": "complement" if complement else None,
            },
        )
        response = self._transport.send(
            "POST",
            "api/v1/noise",
            params=form.params,
            content=form.content,
            headers={"Content-Type": form.media_type, "Accept": form.media_type},
        )
        return batch_of(response, form, masks=masks, complement=complement)

    def trajectory(
        self, tokens: Sequence[int], timesteps: Sequence[int], **options: Any
    ) -> Iterator[Document]:
        """Yield one sequence at each timestep, as soon as it is computed.

        Args:
            tokens: (L,) ids.
            timesteps: timesteps of the noise process.
            options: `kind` ("coupled" or "markov"), `seed`, `schedule`,
                `hyperschedule`, `token_types`, `sequence_id`, `draw`.
        """
        body = {"tokens": tokens, "timesteps": timesteps, **options}
        with self._transport.stream("api/v1/trajectory", json=body) as response:
            for line in response.iter_lines():
                yield json.loads(line)

    def marginal(self, x0: Any, **options: Any) -> Document:
        """Return q(x_t given x_0) at `timesteps` or `times`."""
        return self._quantity("marginal", x0=x0, **options)

    def posterior(self, x0: Any, xt: Any, **options: Any) -> Document:
        """Return q(x_s given x_t and x_0).

        s is given by `earlier_timesteps` or `earlier_times`.
        """
        return self._quantity("posterior", x0=x0, xt=xt, **options)

    def score_ratio(self, x0: Any, xt: Any, **options: Any) -> Document:
        """Return p(y given x_0) / p(x_t given x_0) for every state y."""
        return self._quantity("score-ratio", x0=x0, xt=xt, **options)

    def sample_times(self, n: int | tuple[int, int], **options: Any) -> TrainingTimes:
        """Draw training times: those of the engine's `sample_times` by the same seed.

        Args:
            n: number of times, or (B, K) for K times in each of B rows.
            options: `seed`, `method`, `index0`, `total`, `draw`, `low`, `high` and
                `schedule`, the name of a stored schedule or a specification.

        Raises:
            ApiError: the service refused the request.
            NoAnswerError: the service did not respond.
        """
        return times_of(self._quantity("times", n=n, **options), n)

    def loss_weight(
        self,
        times: Any = None,
        form: str = "elbo",
        *,
        dtype: Any = np.float32,
        **options: Any,
    ) -> Any:
        """Return the weights of rows' losses, as the engine's `loss_weight` does.

        Args:
            times: times in [0, 1]: a scalar, (B,), or (B, L).
            form: "elbo", "flat", "realised" or "count".
            dtype: float32 or float64.
            options: `timesteps` instead of times; `moved` and `eligible`, counts or
                masks, for the last two forms; and `schedule`.

        Raises:
            ApiError: the service refused the request.
            NoAnswerError: the service did not respond.
        """
        name = np.dtype(dtype).name
        document = self._quantity(
            "loss-weight", times=times, form=form, dtype=name, **options
        )
        return values_of(document, "loss_weight", name)

    def loo_shift(self, times: Any = None, **options: Any) -> Any:
        """Return the leave-one-out shift of uniform noise, log1p(V·alpha/(1-alpha)).

        Args:
            times: times in [0, 1].
            options: `timesteps` instead of times, and `schedule`.

        Raises:
            ApiError: the service refused the request.
            NoAnswerError: the service did not respond.
        """
        document = self._quantity("loo-shift", times=times, **options)
        return values_of(document, "loo_shift", np.float64)

    def tokenize(self, text: str, **options: Any) -> Document:
        """Return the tokens of a text with their types."""
        return self._request("POST", "api/v1/tokenize", json={"text": text, **options})

    def detokenize(self, tokens: Any, **options: Any) -> str:
        """Return the text of tokens."""
        body = {"tokens": tokens, **options}
        return str(self._request("POST", "api/v1/detokenize", json=body)["text"])

    def pipeline(self, text: str, timestep: int, **options: Any) -> Document:
        """Tokenise, noise and, if the service has a denoiser, denoise a text."""
        body = {"text": text, "timestep": timestep, **options}
        return self._request("POST", "api/v1/pipeline", json=body)

    def _quantity(self, name: str, **values: Any) -> Document:
        return self._request("POST", f"api/v1/{name}", json=values)

    def _request(self, method: str, path: str, **options: Any) -> Document:
        document: Document = self._transport.json(method, path, **options)
        return document
