"""The folder of a job: its manifest, its shards, and the records of a job that runs."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from noising.corpus import DataFileError
from noising.corpus.forms import hash_file
from noising.corpus.writers import TEMPORARY, write_whole
from noising.engine import EngineError
from noising.jobs.errors import JobError
from noising.replay import Manifest, read_manifest

MANIFEST: Final = "manifest.json"
RUNNING: Final = ".job"
"""Folder of the job while it runs: its plan, and a record for each whole shard."""

JOB: Final = "job.json"


def format_document(document: Mapping[str, Any]) -> bytes:
    """Return a document as JSON; the same document gives the same bytes."""
    text = json.dumps(document, indent=1, sort_keys=True, allow_nan=False)
    return f"{text}\n".encode()


def open_folder(folder: Path, job: Mapping[str, Any], *, resume: bool) -> str:
    """Prepare the folder of a job.

    Args:
        folder: the folder, which is created.
        job: the job as a document.
        resume: whether to go on with a job that was stopped.

    Returns:
        The SHA-256 of the plan in the folder.

    Raises:
        JobError: the folder is not empty, or another job's.
    """
    if folder.exists() and not folder.is_dir():
        raise JobError(f"{folder}: must be a folder")
    content = format_document(job)
    running = folder / RUNNING
    if folder.is_dir() and any(folder.iterdir()):
        if not resume:
            rule = "must be a new or empty folder; --resume goes on with a job"
            raise JobError(f"{folder}: {rule}")
        before = read_job(folder)
        if before is not None:
            check_same(folder, before, json.loads(content))
    running.mkdir(parents=True, exist_ok=True)
    write_whole(running / JOB, content)
    if (folder / MANIFEST).is_file():  # it was done, but shards may be lost
        for record in (read_job_manifest(folder).job or {})["shards"]:
            path = running / f"{record['name']}.json"
            write_whole(path, format_document(record))
    return hashlib.sha256(content).hexdigest()


def read_job(folder: Path) -> dict[str, Any] | None:
    """Return the job of a folder as a document, without its shards; or None.

    Raises:
        JobError: the folder holds something else.
    """
    for path in (folder / RUNNING / JOB, folder / MANIFEST):
        if path.is_file():
            try:
                document: dict[str, Any] = json.loads(path.read_bytes())
                job = dict(document["job"])
            except (ValueError, LookupError, TypeError) as error:
                raise JobError(f"{path}: must be the manifest of a job") from error
            for key in ("shards", "rows", "skipped_rows", "tokens"):
                job.pop(key, None)
            return {**document, "job": job}
    if any(each.name != RUNNING for each in folder.iterdir()):
        raise JobError(f"{folder}: must be the folder of a job, or empty")
    return None


def check_same(folder: Path, before: Any, now: Any) -> None:
    """Check that two documents of jobs are equal.

    Raises:
        JobError: they differ; names the key.
    """
    key = _find_difference(before, now)
    if key is not None:
        rule = f"holds another job, which differs in `{key}`; name another folder"
        raise JobError(f"{folder}: {rule}")


def _find_difference(before: Any, now: Any) -> str | None:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted({*before, *now}):
            if key not in before or key not in now:
                return str(key)
            inner = _find_difference(before[key], now[key])
            if inner is not None:
                return f"{key}.{inner}" if inner else key
        return None
    return None if before == now else ""


def close_folder(
    folder: Path, job: Mapping[str, Any], shards: Sequence[Mapping[str, Any]]
) -> None:
    """Write the manifest of a job that is done, and remove what only a job needs."""
    totals = {
        name: sum(shard[name] for shard in shards)
        for name in ("rows", "skipped_rows", "tokens")
    }
    written = {**job["job"], **totals, "shards": list(shards)}
    write_whole(folder / MANIFEST, format_document({**job, "job": written}))
    shutil.rmtree(folder / RUNNING)
    for path in folder.glob(f".*{TEMPORARY}"):
        path.unlink(missing_ok=True)


def read_job_manifest(folder: Path) -> Manifest:
    """Return the manifest of a job that is done.

    Raises:
        JobError: the manifest is missing, or does not describe a job.
    """
    path = folder / MANIFEST
    try:
        manifest = read_manifest(path.read_bytes())
    except OSError as error:
        reason = (
            "the job is not done" if (folder / RUNNING).is_dir() else error.strerror
        )
        raise JobError(f"{path}: cannot be read: {reason}") from error
    except EngineError as error:
        raise JobError(f"{path}: {error}") from error
    if manifest.job is None or "shards" not in manifest.job:
        raise JobError(f"{path}: must be the manifest of a job")
    return manifest


def verify_shards(folder: Path, data_folder: Path = Path()) -> list[str]:
    """Return what has changed since a job was done, a line for each file.

    Args:
        folder: the job's folder.
        data_folder: the folder of the data files' relative paths.

    Raises:
        JobError: the folder has no manifest of a job.
    """
    manifest = read_job_manifest(folder)
    problems = []
    for shard in (manifest.job or {})["shards"]:
        path = folder / shard["name"]
        try:
            if hash_file(path) != shard["sha256"]:
                problems.append(f"{path}: has changed since the job was done")
        except DataFileError as error:
            problems.append(str(error))
    for data in manifest.data:
        try:
            changed = data.find_changes(data_folder)
        except DataFileError as error:
            problems.append(str(error))
            continue
        problems += [f"{path}: has changed since it was noised" for path, *_ in changed]
    return problems
