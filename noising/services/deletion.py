"""Deleting stored objects, unless others refer to them or work on them."""

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, QuerySet

from noising.models import Audit, BenchmarkRun, Corpus, Job, ScheduleConfig


class InUseError(Exception):
    """The object is in use; the message names the use and the way out."""


def schedule_delete(*, schedule: ScheduleConfig) -> None:
    """Delete a schedule that no run refers to. Its name is free again.

    Raises:
        InUseError: Runs refer to it.
    """
    _delete(ScheduleConfig.objects.filter(pk=schedule.pk))


def run_delete(*, run: BenchmarkRun) -> None:
    """Delete a run that has ended, with its results.

    Raises:
        InUseError: It has not ended.
    """
    _delete(BenchmarkRun.objects.filter(pk=run.pk))


def audit_delete(*, audit: Audit) -> None:
    """Delete an audit, with its pairs if they are kept."""
    _delete(Audit.objects.filter(pk=audit.pk))


def job_delete(*, job: Job) -> None:
    """Delete a job on which no command works. The files that it wrote stay.

    Raises:
        InUseError: A command works on it.
    """
    _delete(Job.objects.with_loss().filter(pk=job.pk))


def corpus_delete(*, corpus: Corpus) -> None:
    """Delete a corpus and its tokens; the results of runs on it stay."""
    _delete(Corpus.objects.filter(pk=corpus.pk))


def _delete(same: QuerySet[Any]) -> None:
    with transaction.atomic():
        stored = same.select_for_update(of=("self",)).first()
        if stored is None:  # somebody else has deleted it
            return
        use = stored.find_use()
        if use:
            raise InUseError(use)
        try:
            stored.delete()
        except ProtectedError:  # a run recorded its results in the meantime
            raise InUseError(stored.find_use()) from None
