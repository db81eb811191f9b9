"""Stored schedules."""

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
    """Schedules that the service keeps, by name."""

    transport: Transport

    def list(self, **filters: Any) -> Iterator[Document]:
        """Yield the schedules that filters leave, such as `tag`, `type` or `search`."""
        return pages(self.transport, PATH, filters)

    def get(self, name: str) -> Document:
        """Return a schedule.

        Raises:
            NotFoundError: there is none of this name.
        """
        return self._one("GET", name)

    def create(
        self,
        name: str,
        specification: Mapping[str, Any],
        *,
        notes: str = "",
        tags: Sequence[str] = (),
    ) -> Document:
        """Store a specification under a name.

        Raises:
            ConflictError: the name is taken.
            InvalidRequestError: the specification describes no process.
        """
        body = {
            "name": name,
            "specification": specification,
            "notes": notes,
            "tags": list(tags),
        }
        return self._answer("POST", PATH, json=body, repeatable=False)

    def update(self, name: str, **changes: Any) -> Document:
        """Change `notes`, `tags` or, while no run refers to it, `specification`."""
        return self._one("PATCH", name, json=changes)

    def archive(self, name: str) -> Document:
        """Take a schedule out of the lists."""
        return self._one("POST", name, "/archive")

    def unarchive(self, name: str) -> Document:
        """Bring an archived schedule back."""
        return self._one("POST", name, "/unarchive")

    def lint(self, name: str) -> Document:
        """Return what the linter says about a schedule."""
        return self._one("GET", name, "/lint")

    def curves(self, name: str, **options: Any) -> Document:
        """Return its curves: `points`, `axis` and `quantities` may be given."""
        return self._one("GET", name, "/curves", params=options)

    def curves_file(self, name: str, *, format: str = "svg", **options: Any) -> bytes:
        """Return its curves as a file: svg, png, pdf or csv; options as `curves`."""
        path = f"{PATH}/{quote(name, safe='')}/curves"
        params = {**options, "format": format}
        return self.transport.send("GET", path, params=params).content

    def compare(self, names: Sequence[str], **options: Any) -> Document:
        """Return what tells schedules apart."""
        params = {"names": ",".join(names), **options}
        return self._answer("GET", f"{PATH}/compare", params=params)

    def import_(self, config: Any, *, source: str, **options: Any) -> Document:
        """Translate a configuration of another project; nothing is stored.

        Args:
            config: an object, or text in JSON or YAML.
            source: sedd, mdlm, hdlm, gidd or diffusers.
            options: `vocab_size` and `num_timesteps`, where the configuration
                says neither.
        """
        body = {"source": source, "config": config, **options}
        return self._answer("POST", f"{PATH}/import", json=body)

    def _one(self, method: str, name: str, rest: str = "", **options: Any) -> Document:
        return self._answer(method, f"{PATH}/{quote(name, safe='')}{rest}", **options)

    def _answer(self, method: str, path: str, **options: Any) -> Document:
        document: Document = self.transport.json(method, path, **options)
        return document
