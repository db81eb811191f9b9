"""Methods for benchmark runs."""

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
    """The timeout of `Runs.wait` passed before the run ended."""


def path_of(run_id: str, rest: str = "") -> str:
    """Return the path of a run, or a path below it."""
    return f"{PATH}/{quote(run_id, safe='')}{rest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Benchmark runs of the service."""

    transport: Transport

    def create(
        self, schedules: Sequence[str], *, key: str | None = None, **options: Any
    ) -> Document:
        """Create a run; a retry of the request does not create a second one.

        Args:
            schedules: schedule types, or names of stored schedules.
            key: identifies the request; by default a random key.
            options: `baseline`, `corpus`, `timesteps`, `samples`, `seed`, `decision`,
                `name`, `notes` and `tags`.

        Returns:
            The run, queued.
        """
        return self._request(
            "POST",
            PATH,
            json={"schedules": list(schedules), **options},
            headers={"Idempotency-Key": key or uuid.uuid4().hex},
        )

    def get(self, run_id: str) -> Document:
        """Return a run in its current state."""
        return self._request("GET", path_of(run_id))

    def list(self, **filters: Any) -> Iterator[Document]:
        """Yield the runs that match filters such as `status` or `schedule`."""
        return pages(self.transport, PATH, filters)

    def wait(
        self,
        run_id: str,
        *,
        timeout: float = 3600.0,
        on_progress: Callable[[float], None] = lambda progress: None,
    ) -> Document:
        """Wait until a run has succeeded, failed or been cancelled, and return it.

        Args:
            run_id: id of the run.
            timeout: seconds to wait at most.
            on_progress: called repeatedly with the progress, 0 to 1.

        Raises:
            RunUnfinishedError: the run did not end in time.
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
            pause = float(response.headers.get("Retry-After", 1.0))
            time.sleep(min(pause, left))

    def update(self, run_id: str, **changes: Any) -> Document:
        """Change `notes` or `tags`."""
        return self._request("PATCH", path_of(run_id), json=changes)

    def cancel(self, run_id: str) -> Document:
        """Cancel a run that has not ended."""
        return self._request("POST", path_of(run_id, "/cancel"))

    def rerun(self, run_id: str, *, key: str | None = None) -> Document:
        """Create a new run with the same parameters."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._request("POST", path_of(run_id, "/rerun"), headers=headers)

    def archive(self, run_id: str) -> Document:
        """Archive a run, which hides it from lists by default."""
        return self._request("POST", path_of(run_id, "/archive"))

    def unarchive(self, run_id: str) -> Document:
        """Unarchive a run."""
        return self._request("POST", path_of(run_id, "/unarchive"))

    def delete(self, run_id: str) -> None:
        """Delete a run that has ended, with its results.

        Raises:
            ConflictError: it has not ended.
        """
        self.transport.send("DELETE", path_of(run_id))

    def results(self, run_id: str) -> Iterator[Document]:
        """Yield a row for each schedule and timestep."""
        return pages(self.transport, path_of(run_id, "/results"), {})

    def export(self, run_id: str) -> Document:
        """Return all results, in the form of `results.json`."""
        return self._request("GET", path_of(run_id, "/export"))

    def export_csv(self, run_id: str) -> bytes:
        """Return the result rows as a CSV file."""
        path = path_of(run_id, "/export")
        return self.transport.send("GET", path, params={"format": "csv"}).content

    def plot(
        self, run_id: str, name: str, *, format: str = "svg", **layout: str
    ) -> bytes:
        """Return a figure of a run as a file.

        Args:
            run_id: id of the run.
            name: alpha, information, preservation or throughput.
            format: svg, png, pdf, pgf (for LaTeX), csv or py (a Matplotlib program).
            layout: `width` (screen, one-column or two-columns) and `title` (on or off).
        """
        path = path_of(run_id, f"/plots/{quote(name, safe='')}")
        params = {"format": format, **layout}
        return self.transport.send("GET", path, params=params).content

    def compare(
        self, run_ids: Sequence[str], *, baseline: str | None = None
    ) -> Document:
        """Return the differences between runs, and each metric with its change."""
        params = {"ids": ",".join(run_ids), "baseline": baseline}
        return self._request("GET", f"{PATH}/compare", params=params)

    def _request(self, method: str, path: str, **options: Any) -> Document:
        document: Document = self.transport.json(method, path, **options)
        return document
