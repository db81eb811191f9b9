"""One attempt at one run, from the claim to its end."""

import logging
from uuid import UUID

from benchmarks import runner
from benchmarks.cases import BenchmarkConfig, UsageError
from benchmarks.corpora import CorpusError
from noising.execution.claims import claim_run, end_failed, give_back
from noising.execution.lease import STOPPING, Lease, StoppedError
from noising.execution.results import record
from noising.models import MOST_ATTEMPTS, BenchmarkRun
from noising.models.connections import release_connection

logger = logging.getLogger(__name__)


def execute(run_id: UUID) -> None:
    """Measure a run that is queued; one that is not is somebody else's matter.

    Args:
        run_id: The run. Its other columns say what to measure.
    """
    run = None if STOPPING.is_set() else claim_run(run_id)
    if run is None:
        return
    release_connection()  # measuring needs none
    try:
        with Lease(run) as lease:
            document = runner.run(configured(run), on_progress=lease.report)
            record(run, document)
    except StoppedError as stopped:
        logger.info("Run %s: %s.", run_id, stopped)
    except (UsageError, CorpusError) as error:
        # The same would happen again.
        logger.warning("Run %s failed: %s", run_id, error)
        end_failed(run, str(error))
    except BaseException as error:
        _give_up(run, error)
        raise


def configured(run: BenchmarkRun) -> BenchmarkConfig:
    """Return what a run is to measure."""
    asked = run.config
    return BenchmarkConfig(
        schedules=tuple(
            (name, run.specifications[name]) for name in asked["schedules"]
        ),
        baseline=asked["baseline"],
        graph=asked["graph"],
        corpus=asked["corpus"],
        vocab_size=asked["vocab_size"],
        num_timesteps=asked["num_timesteps"],
        timesteps=tuple(asked["timesteps"]),
        samples=asked["samples"],
        seed=asked["seed"],
    )


def _give_up(run: BenchmarkRun, error: BaseException) -> None:
    """Leave the run to another attempt; after the last one it has failed."""
    is_stopped = isinstance(error, SystemExit) and STOPPING.is_set()
    if is_stopped or isinstance(error, KeyboardInterrupt):
        # The process is made to end; the run did nothing wrong. One that ends its
        # process by itself would do so for ever.
        give_back(run, counts=False)
    elif run.attempt < MOST_ATTEMPTS:
        give_back(run, counts=True)
    else:
        end_failed(run, f"{type(error).__name__}: {error}")
