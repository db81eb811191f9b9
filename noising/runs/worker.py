"""One attempt at one run, from the claim to its end."""

import logging
from uuid import UUID

from django_tasks import task

from benchmarks import runner
from benchmarks.cases import BenchmarkConfig, UsageError
from benchmarks.corpora import CorpusError
from noising.corpora import find_measurable
from noising.correlation import work_for
from noising.models import MOST_ATTEMPTS, BenchmarkRun
from noising.models.connections import release_connection
from noising.runs.claims import public_reason, run_claim, run_fail, run_release
from noising.runs.lease import STOPPING, Lease, StoppedError
from noising.runs.results import run_record

logger = logging.getLogger(__name__)


@task()
def execute_run(run_id: str, request_id: str = "") -> None:
    """Measure a run; this is the task that the queue calls.

    Args:
        run_id: the run.
        request_id: the request that queued it, for the log.
    """
    with work_for(request_id):
        run_measure(run_id=UUID(run_id))


def run_measure(*, run_id: UUID) -> None:
    """Measure a run, if it is still queued.

    Args:
        run_id: The run, whose columns say what to measure.
    """
    run = None if STOPPING.is_set() else run_claim(run_id=run_id)
    if run is None:
        return
    run.add_log_line(f"attempt {run.attempt} of {MOST_ATTEMPTS} begins")
    logger.info("Run %s: attempt %s begins.", run_id, run.attempt)
    try:
        with Lease(run) as lease:
            config = read_config(run)
            corpus = find_measurable(config.corpus)
            release_connection()  # measuring needs no connection
            document = runner.run(config, on_progress=lease.report, corpus=corpus)
            run_record(run=run, document=document)
        logger.info("Run %s: succeeded.", run_id)
    except StoppedError as stopped:
        logger.info("Run %s: %s.", run_id, stopped)
    except (UsageError, CorpusError) as error:
        # A further attempt would fail in the same way.
        logger.warning("Run %s failed: %s", run_id, error)
        run_fail(run=run, reason=str(error))
    except BaseException as error:
        _give_up(run, error)
        raise


def read_config(run: BenchmarkRun) -> BenchmarkConfig:
    """Return the parameters of a run."""
    config = run.config
    return BenchmarkConfig(
        schedules=tuple(
            (name, run.specifications[name]) for name in config["schedules"]
        ),
        baseline=config["baseline"],
        graph=config["graph"],
        corpus=config["corpus"],
        vocab_size=config["vocab_size"],
        num_timesteps=config["num_timesteps"],
        timesteps=tuple(config["timesteps"]),
        samples=config["samples"],
        seed=config["seed"],
        decision=config.get("decision", False),
        name=run.name,
        tokenizer=config.get("tokenizer"),
    )


def _give_up(run: BenchmarkRun, error: BaseException) -> None:
    """Requeue the run for another attempt; after the last one mark it as failed."""
    is_stopped = isinstance(error, SystemExit) and STOPPING.is_set()
    if is_stopped or isinstance(error, KeyboardInterrupt):
        # The process was told to stop, so this is no failed attempt. A run that ends
        # its process by itself is one; otherwise it would be repeated for ever.
        run.add_log_line("the worker was told to stop")
        run_release(run=run, counts=False)
    elif run.attempt < MOST_ATTEMPTS:
        reason = public_reason(f"{type(error).__name__}: {error}")
        run.add_log_line(f"attempt {run.attempt} failed: {reason}")
        run_release(run=run, counts=True)
    else:
        run_fail(run=run, reason=f"{type(error).__name__}: {error}")
