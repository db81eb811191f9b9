"""The data of a job's page: what it does, and what it has done."""

from collections.abc import Iterator, Mapping
from typing import Any

from noising.models import Job

LONGEST_VALUE = 200
"""Characters of a value on the page."""


def list_facts(job: Job) -> list[tuple[str, str]]:
    """Return what the job does, nested values as flat pairs of label and text."""
    return list(_flatten(job.config, ""))


def serialize_state(job: Job) -> dict[str, Any]:
    """Return what the scripts of the page show while the job runs."""
    return {
        "status": job.shown_status,
        "progress": job.progress,
        "state": job.state_text,
    }


def name_manifest(job: Job, *, is_full: bool) -> str:
    """Return the path of the manifest of a job that noises a corpus, or "".

    Args:
        job: the job.
        is_full: whether to name the folders of the host.
    """
    if job.kind != Job.Kind.NOISE or job.status != Job.Status.SUCCEEDED:
        return ""
    return f"{job.name if is_full else job.short_name}/manifest.json"


def _flatten(parts: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in parts.items():
        label = f"{prefix}{name.replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{label}: ")
        elif value is not None:
            text = str(value)
            is_long = len(text) > LONGEST_VALUE
            yield label, f"{text[:LONGEST_VALUE]}..." if is_long else text
