"""Benchmark runs: asked for, followed, read."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from noising.client.errors import NoisingError
from noising.client.schedules import pages
from noising.client.transport import Transport, document_of

PATH: Final = "api/v1/runs"
ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})

Document = dict[str, Any]


class RunUnfinishedError(NoisingError):
    """A run had not ended when the patience of `Runs.wait` had."""


def path_of(run_id: str, rest: str = "") -> str:
    """Return the path of a run, or of what is below it."""
    return f"{PATH}/{quote(run_id, safe='')}{rest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Benchmark runs of the service."""

    transport: Transport

    def create(
        self, schedules: Sequence[str], *, key: str | None = None, **options: Any
    ) -> Document:
        """Ask for a run; a request that is sent again asks for no second one.

        Args:
            schedules: types, or names of stored schedules.
            key: names this request; by default a fresh one.
            options: `baseline`, `corpus`, `timesteps`, `samples`, `seed`, `notes`
                and `tags`.

        Returns:
            The run, queued.
        """
        return self._answer(
            "POST",
            PATH,
            json={"schedules": list(schedules), **options},
            headers={"Idempotency-Key": key or uuid.uuid4().hex},
        )

    def get(self, run_id: str) -> Document:
        """Return a run as it is now."""
        return self._answer("GET", path_of(run_id))

    def list(self, **filters: Any) -> Iterator[Document]:
        """Yield the runs that filters leave, such as `status` or `schedule`."""
        return pages(self.transport, PATH, filters)

    def wait(
        self,
        run_id: str,
        *,
        timeout: float = 3600.0,
        on_progress: Callable[[float], None] = lambda progress: None,
    ) -> Document:
        """Return a run once it has ended, whichever way.

        Args:
            run_id: of the run.
            timeout: seconds of patience.
            on_progress: is called with the part done, 0 to 1, now and then.

        Raises:
            RunUnfinishedError: it has not ended in time.
        """
        deadline = time.monotonic() + timeout
        while True:
            response = self.transport.send("GET", path_of(run_id))
            run: Document = document_of(response)
            on_progress(run["progress"])
            if run["status"] in ENDED:
                return run
            left = deadline - time.monotonic()
            if left <= 0:
                raise RunUnfinishedError(
                    f"The run {run_id} is {run['status']} after {timeout:g} s."
                )
            asked = float(response.headers.get("Retry-After", 1.0))
            time.sleep(min(asked, left))

    def update(self, run_id: str, **changes: Any) -> Document:
        """Change `notes` or `tags`."""
        return self._answer("PATCH", path_of(run_id), json=changes)

    def cancel(self, run_id: str) -> Document:
        """End a run that has not ended."""
        return self._answer("POST", path_of(run_id, "/cancel"))

    def rerun(self, run_id: str, *, key: str | None = None) -> Document:
        """Ask for the same again, as a new run."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._answer("POST", path_of(run_id, "/rerun"), headers=headers)

    def archive(self, run_id: str) -> Document:
        """Take a run out of the lists."""
        return self._answer("POST", path_of(run_id, "/archive"))

    def unarchive(self, run_id: str) -> Document:
        """Bring an archived run back."""
        return self._answer("POST", path_of(run_id, "/unarchive"))

    def results(self, run_id: str) -> Iterator[Document]:
        """Yield a row a schedule and timestep."""
        return pages(self.transport, path_of(run_id, "/results"), {})

    def export(self, run_id: str) -> Document:
        """Return everything measured, as `results.json` holds it."""
        return self._answer("GET", path_of(run_id, "/export"))

    def export_csv(self, run_id: str) -> bytes:
        """Return the rows measured, as a file in CSV."""
        path = path_of(run_id, "/export")
        return self.transport.send("GET", path, params={"format": "csv"}).content

    def plot(self, run_id: str, name: str, *, format: str = "svg") -> bytes:
        """Return a figure of a run as a file.

        Args:
            run_id: of the run.
            name: alpha, information, preservation or throughput.
            format: svg, png or pdf.
        """
        path = path_of(run_id, f"/plots/{quote(name, safe='')}")
        return self.transport.send("GET", path, params={"format": format}).content

    def compare(
        self, run_ids: Sequence[str], *, baseline: str | None = None
    ) -> Document:
        """Return what tells runs apart, and each metric with its change."""
        params = {"ids": ",".join(run_ids), "baseline": baseline}
        return self._answer("GET", f"{PATH}/compare", params=params)

    def _answer(self, method: str, path: str, **options: Any) -> Document:
        document: Document = self.transport.json(method, path, **options)
        return document
