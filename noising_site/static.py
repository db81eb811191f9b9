"""Static files, with hashed names if they were collected, else with plain names."""

from pathlib import Path

from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # untyped
    """WhiteNoise that accepts a folder of static files that does not exist yet."""

    def add_files(self, root: str, prefix: str | None = None) -> None:
        """Add the files of a folder if it exists."""
        if Path(root).is_dir():
            super().add_files(root, prefix)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Hashed names for files that were collected, plain names for others.

    The finders serve a file under its plain name, so that pages work in tests and
    during development without `collectstatic`.
    """

    # In collected files, replace the names in JavaScript imports by the hashed ones.
    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        """Return the name under which the file is served."""
        if self.hash_key(self.clean_name(name)) not in self.hashed_files:
            return name
        stored: str = super().stored_name(name)
        return stored
