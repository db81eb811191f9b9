"""Methods for audits: is a corruption function right?"""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np
from safetensors.numpy import save

from noising.client.noise import SAFETENSORS, make_little_endian
from noising.client.schedules import pages
from noising.client.transport import Transport

PATH: Final = "api/v1/audits"
MEDIA_TYPES: Final = {".npz": "application/x-npz", ".safetensors": SAFETENSORS}

Document = dict[str, Any]


def path_of(audit_id: str, rest: str = "") -> str:
    """Return the path of an audit, or a path below it."""
    return f"{PATH}/{quote(audit_id, safe='')}{rest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audits:
    """Audits of the service."""

    transport: Transport

    def create(
        self,
        x0: Any,
        xt: Any,
        *,
        schedule: str | Mapping[str, Any] | None = None,
        t: Any = None,
        timestep: Any = None,
        alpha: Any = None,
        protect: Any = None,
        lengths: Any = None,
        moved: Any = None,
        weights: Any = None,
        ids: Any = None,
        epoch: Any = None,
        rank: Any = None,
        **claims: Any,
    ) -> Document:
        """Judge pairs of clean and noised tokens and store the audit.

        Args:
            x0: (N, L) clean ids.
            xt: noised ids, in the shape of `x0`.
            schedule: what the noise is claimed to be: the name of a stored schedule, a
                specification, or None for the service's own noise process.
            t: times in [0, 1]: one, (N,) or (N, L).
            timestep: timesteps in place of times.
            alpha: alphas, likewise.
            protect: True where a token must not change, (L,) or (N, L).
            lengths: (N,) numbers of real positions of padded rows.
            moved: True where a token was resampled, (N, L).
            weights: weights of the loss, (N,) or (N, L).
            ids: (N,) ids of the samples.
            epoch: one integer or (N,).
            rank: one integer or (N,).
            claims: `low`, `high`, `method`, `block`, `form`, and `name`, `notes`,
                `tags` and `keep` of the audit.

        Returns:
            The audit with its report.

        Raises:
            InvalidRequestError: the pairs or the claims are not valid.
            ApiError: the service refused the request.
            NoAnswerError: the service did not respond.
        """
        given = {
            "x0": x0,
            "xt": xt,
            "t": t,
            "timestep": timestep,
            "alpha": alpha,
            "protect": protect,
            "lengths": lengths,
            "moved": moved,
            "weights": weights,
            "ids": ids,
            "epoch": epoch,
            "rank": rank,
        }
        arrays = {
            name: make_little_endian(np.asarray(value))
            for name, value in given.items()
            if value is not None
        }
        return self._send(save(arrays), SAFETENSORS, schedule, claims)

    def create_from_file(
        self,
        path: str | Path,
        *,
        schedule: str | Mapping[str, Any] | None = None,
        **claims: Any,
    ) -> Document:
        """Judge a file of pairs, .npz or .safetensors, and store the audit.

        Args:
            path: the file.
            schedule: as for `create`.
            claims: as for `create`.

        Raises:
            ValueError: the name of the file ends differently.
            InvalidRequestError: the file or the claims are not valid.
        """
        file = Path(path)
        media_type = MEDIA_TYPES.get(file.suffix.lower())
        if media_type is None:
            raise ValueError(
                f"`path` must end with {' or '.join(MEDIA_TYPES)}, got {file.name!r}"
            )
        return self._send(file.read_bytes(), media_type, schedule, claims)

    def get(self, audit_id: str) -> Document:
        """Return an audit with its report."""
        return self._request("GET", path_of(audit_id))

    def list(self, **filters: Any) -> Iterator[Document]:
        """Yield the audits that match filters such as `verdict` or `code`."""
        return pages(self.transport, PATH, filters)

    def update(self, audit_id: str, **changes: Any) -> Document:
        """Change `name`, `notes` or `tags`."""
        return self._request("PATCH", path_of(audit_id), json=changes)

    def archive(self, audit_id: str) -> Document:
        """Archive an audit, which hides it from lists by default."""
        return self._request("POST", path_of(audit_id, "/archive"))

    def unarchive(self, audit_id: str) -> Document:
        """Unarchive an audit."""
        return self._request("POST", path_of(audit_id, "/unarchive"))

    def delete(self, audit_id: str) -> None:
        """Delete an audit, with its pairs if they are kept."""
        self.transport.send("DELETE", path_of(audit_id))

    def pairs(self, audit_id: str) -> bytes:
        """Return the pairs as they were sent, if they are kept."""
        return self.transport.send("GET", path_of(audit_id, "/pairs")).content

    def discard_pairs(self, audit_id: str) -> None:
        """Delete the pairs; the audit stays."""
        self.transport.send("DELETE", path_of(audit_id, "/pairs"))

    def export(self, audit_id: str, *, format: str = "json") -> bytes:
        """Return the report as a json, csv or pdf file."""
        path = path_of(audit_id, "/export")
        return self.transport.send("GET", path, params={"format": format}).content

    def plot(
        self, audit_id: str, name: str, *, format: str = "svg", **layout: str
    ) -> bytes:
        """Return a figure of an audit as a file.

        Args:
            audit_id: id of the audit.
            name: alpha, positions, times, tests or overview.
            format: svg, png, pdf, pgf (for LaTeX), csv or py (a Matplotlib program).
            layout: `width` (screen, one-column or two-columns) and `title` (on or off).
        """
        path = path_of(audit_id, f"/plots/{quote(name, safe='')}")
        params = {"format": format, **layout}
        return self.transport.send("GET", path, params=params).content

    def compare(
        self, audit_ids: Sequence[str], *, baseline: str | None = None
    ) -> Document:
        """Return which findings are new, gone or still there."""
        params = {"ids": ",".join(audit_ids), "baseline": baseline}
        return self._request("GET", f"{PATH}/compare", params=params)

    def _send(
        self,
        content: bytes,
        media_type: str,
        schedule: str | Mapping[str, Any] | None,
        claims: Mapping[str, Any],
    ) -> Document:
        values = {"schedule": schedule, **claims}
        params = {k: format_claim(v) for k, v in values.items() if v is not None}
        # A repeated request would store the audit twice.
        return self._request(
            "POST",
            PATH,
            params=params,
            content=content,
            headers={"Content-Type": media_type},
            repeatable=False,
        )

    def _request(self, method: str, path: str, **options: Any) -> Document:
        document: Document = self.transport.json(method, path, **options)
        return document


def format_claim(value: Any) -> str:
    """Return a claim as the query writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, builtins.list | tuple):
        return ",".join(map(str, value))
    return json.dumps(value)
