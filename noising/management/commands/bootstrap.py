"""`manage.py bootstrap`: prepares a new installation."""

import subprocess
import sys
import tempfile
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand

from noising.management.preparation import prepare
from noising.models import BenchmarkRun
from noising.services.accounts import account_bootstrap
from noising.services.schedules import schedules_load_builtin

BENCHMARK_SECONDS = 15
"""After this time the first benchmark is stopped, so that nobody waits long for it."""

STOP_SECONDS = 5
"""How long it may take to stop before it is killed."""

FIRST_BENCHMARK = (
    *("--schedules", "sedd_entropy,cosine,linear"),
    *("--samples", "64", "--no-plots"),
)


class Command(BaseCommand):
    """Fills a new installation; does not change one that is in use."""

    help = (
        "Prepare the database and load the built-in schedules. In an empty database, "
        "also create the first account and run a short benchmark."
    )
    requires_system_checks = ()  # `serve` runs all of them later

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Perform the steps that have not been performed yet."""
        prepare(self.stdout.write)
        loaded = schedules_load_builtin()
        if loaded.created:
            count = len(loaded.created)
            self.stdout.write(f"Loaded {count} built-in schedules.")
        self._create_account()
        if not BenchmarkRun.objects.exists():
            self._run_benchmark()

    def _create_account(self) -> None:
        account = account_bootstrap()
        if account is not None:
            self.stdout.write(
                f"Created the account {account.username}, password {account.password}\n"
                "It is not shown again. To change it:\n"
                f"  {sys.executable} manage.py changepassword {account.username}"
            )

    def _run_benchmark(self) -> None:
        """Run a benchmark, so that pages have content; its failure is only reported."""
        self.stdout.write(
            f"Running a first, short benchmark (at most {BENCHMARK_SECONDS} s)."
        )
        self.stdout.flush()
        with tempfile.TemporaryDirectory() as folder:
            code = _run(
                (
                    *(sys.executable, str(settings.BASE_DIR / "manage.py")),
                    *("run_benchmarks", "--output", folder, *FIRST_BENCHMARK),
                    *("--timesteps", _five_timesteps()),
                )
            )
        if code != 0:
            reason = f"ended with exit code {code}"
            if code is None:
                reason = f"took longer than {BENCHMARK_SECONDS} s"
            self.stderr.write(
                f"The benchmark {reason}; the service works without one. To run it: "
                f"{sys.executable} manage.py run_benchmarks"
            )


def _five_timesteps() -> str:
    """Return the first and the last timestep and three between them."""
    last = settings.NOISE_SPECIFICATION["num_timesteps"] - 1
    return ",".join(str(last * quarter // 4) for quarter in range(5))


def _run(command: tuple[str, ...]) -> int | None:
    """Run the benchmark and return its exit code, or None if it took too long.

    It shows its progress on stderr, but not its table.
    """
    with subprocess.Popen(  # noqa: S603 - our own command line, no shell
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        try:
            return process.wait(timeout=BENCHMARK_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()  # it then marks its run as failed
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    return None
