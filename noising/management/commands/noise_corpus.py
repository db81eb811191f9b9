"""`manage.py noise_corpus`: writes a corpus with noise, as a job that pages show."""

import argparse
import hashlib
from contextlib import ExitStack
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from noising.arguments import BAD_USAGE, INTERRUPTED
from noising.command import corpus_noise
from noising.command.usage import FOUND_WRONG, CommandLineError
from noising.engine import EngineError
from noising.extras import MissingExtraError
from noising.jobs import NoiseJob, Outcome
from noising.jobs.folder import format_document
from noising.management.stopping import exit_on_sigterm
from noising.models import Job
from noising.runs import JobLease, JobRunningError, JobState, StoppedError, job_start


class Command(BaseCommand):
    """Does what `noising corpus noise` does, and stores how far it is."""

    help = (
        f"{corpus_noise.DESCRIPTION} This is `noising corpus noise` as a job: the "
        "database and the pages have its progress and its result, and --resume goes "
        "on with the same job."
    )
    requires_system_checks = ()  # so that a bad argument gives only one line

    def create_parser(
        self, prog_name: str, subcommand: str, **kwargs: Any
    ) -> CommandParser:
        """Return a parser whose errors are one line, without the usage."""
        return super().create_parser(
            prog_name, subcommand, usage=argparse.SUPPRESS, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments of `noising corpus noise`."""
        corpus_noise.add_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run; an expected failure prints one line and sets the exit code."""
        given = argparse.Namespace(**{"json": False, **options})
        try:
            with exit_on_sigterm(), _JobRecord(given) as record:
                code = corpus_noise.run(given, record.listen)
        except (CommandLineError, EngineError, MissingExtraError) as error:
            raise CommandError(str(error), returncode=BAD_USAGE) from error
        except JobRunningError as error:
            line = f"{error}; if it was killed, try again in 30 seconds"
            raise CommandError(line, returncode=BAD_USAGE) from error
        except StoppedError as stopped:
            line = f"the job was {stopped}"
            raise CommandError(line, returncode=FOUND_WRONG) from None
        except DatabaseError as error:
            line = " ".join(str(error).split())
            raise CommandError(
                f"the job cannot be stored: {line}; create a new database with "
                "`manage.py migrate`, or use `noising corpus noise`, which needs none",
                returncode=FOUND_WRONG,
            ) from error
        except KeyboardInterrupt:
            raise CommandError("interrupted", returncode=INTERRUPTED) from None
        if code != 0:
            raise CommandError("not all is as it should be", returncode=code)


class _JobRecord(ExitStack):
    """Stores the job when its folder is open, and keeps its row up to date.

    An error before that, such as a folder that is not empty, leaves no row.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__()
        self._options = options
        self._lease: JobLease | None = None

    def listen(self, job: NoiseJob, outcome: Outcome) -> None:
        """Store how far the job is."""
        state = _describe_outcome(outcome)
        if self._lease is None:
            document = job.as_dict()
            row = job_start(
                kind=Job.Kind.NOISE,
                name=str(self._options.out.absolute()),
                digest=hashlib.sha256(format_document(document)).hexdigest(),
                config=_describe_job(job, document),
                state=state,
                resume=self._options.resume,
            )
            self._lease = self.enter_context(JobLease(row, state))
        first = outcome.errors[0] if outcome.errors else "it did not come to its end"
        error = "" if outcome.is_whole else f"Shards are missing: {first}"
        self._lease.report(state, error=error)


def _describe_outcome(outcome: Outcome) -> JobState:
    counts = ("rows", "tokens", "skipped_rows")
    return JobState(
        parts=outcome.all_shards,
        done=outcome.shards,
        kept=outcome.kept_shards,
        counts={name: getattr(outcome, name) for name in counts},
        errors=outcome.errors,
    )


def _describe_job(job: NoiseJob, document: dict[str, Any]) -> dict[str, Any]:
    """Return what the job's page shows, without the list of all files."""
    manifest = job.manifest
    set_ = {name: value for name, value in document["call"].items() if value}
    return {
        "files": len(manifest.data),
        "rows of the corpus": manifest.rows,
        "specification": manifest.process.spec,
        "fingerprint": manifest.process.fingerprint,
        # Text, since 2^64-1 is no JSON number that every program reads.
        "seed": str(manifest.seed),
        "times": document["times"],
        "call": set_,
        "output": document["job"],
        "versions": document["versions"],
    }
