"""Methods for stored schedules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from noising.client.transport import Transport

PATH: Final = "api/v1/schedules"

Document = dict[str, Any]


def pages(transport: Transport, path: str, filters: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the entries of a list, page after page."""
    page: int | None = 1
    while page:
        document = transport.json("GET", path, params={**filters, "page": page})
        yield from document["results"]
        page = page + 1 if document["next"] else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules:
    """The service's stored schedules, by name."""

    transport: Transport

    def list(self, **filters: Any) -> Iterator[Document]:
        """Yield the schedules that match filters such as `tag` or `search`."""
        return pages(self.transport, PATH, filters)

    def get(self, name: str) -> Document:
        """Return a schedule.

        Raises:
            NotFoundError: no schedule has this name.
        """
        return self._one("GET", name)

    def create(
        self,
        name: str,
        specification: Mapping[str, Any],
        *,
        title: str = "",
        notes: str = "",
        tags: Sequence[str] = (),
    ) -> Document:
        """Store a specification under a name.

        Raises:
            ConflictError: the name is taken.
            InvalidRequestError: the specification is not valid.
        """
        body = {
            "name": name,
            "title": title,
            "specification": specification,
            "notes": notes,
            "tags": list(tags),
        }
        return self._request("POST", PATH, json=body, repeatable=False)

    def update(self, name: str, **changes: Any) -> Document:
        """Change `title`, `notes`, `tags`, or a `specification` no run refers to."""
        return self._one("PATCH", name, json=changes)

    def archive(self, name: str) -> Document:
        """Archive a schedule, which hides it from lists by default."""
        return self._one("POST", name, "/archive")

    def unarchive(self, name: str) -> Document:
        """Unarchive a schedule."""
        return self._one("POST", name, "/unarchive")

    def delete(self, name: str) -> None:
        """Delete a schedule that no run refers to.

        Raises:
            ConflictError: runs refer to it.
        """
        self.transport.send("DELETE", f"{PATH}/{quote(name, safe='')}")

    def lint(self, name: str) -> Document:
        """Return the linter's findings."""
        return self._one("GET", name, "/lint")

    def curves(self, name: str, **options: Any) -> Document:
        """Return curves; options are `points`, `axis` and `quantities`."""
        return self._one("GET", name, "/curves", params=options)

    def curves_file(self, name: str, *, format: str = "svg", **options: Any) -> bytes:
        """Return curves as an svg, png, pdf, pgf, csv or py file.

        Options are those of `curves`, and `width` and `title` as in `runs.plot`.
        """
        path = f"{PATH}/{quote(name, safe='')}/curves"
        params = {**options, "format": format}
        return self.transport.send("GET", path, params=params).content

    def compare(self, names: Sequence[str], **options: Any) -> Document:
        """Return a comparison of schedules."""
        params = {"names": ",".join(names), **options}
        return self._request("GET", f"{PATH}/compare", params=params)

    def import_(self, config: Any, *, source: str, **options: Any) -> Document:
        """Convert another project's configuration to a specification.

        It stores nothing.

        Args:
            config: an object, or JSON or YAML text.
            source: a project, such as mdlm; docs/schedules.md lists them.
            options: `vocab_size` and `num_timesteps`, if the configuration lacks them.
        """
        body = {"source": source, "config": config, **options}
        return self._request("POST", f"{PATH}/import", json=body)

    def _one(self, method: str, name: str, rest: str = "", **options: Any) -> Document:
        return self._request(method, f"{PATH}/{quote(name, safe='')}{rest}", **options)

    def _request(self, method: str, path: str, **options: Any) -> Document:
        document: Document = self.transport.json(method, path, **options)
        return document
