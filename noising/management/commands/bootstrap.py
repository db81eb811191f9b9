"""`manage.py bootstrap`: what an installation needs once, before it first serves."""

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
"""After that the first benchmark is given up: nobody should wait for it."""

STOP_SECONDS = 5
"""How long it may then take to end by itself."""

FIRST_BENCHMARK = (
    *("--schedules", "sedd_entropy,cosine,linear"),
    *("--samples", "64", "--no-plots"),
)


class Command(BaseCommand):
    """Fill an empty installation; an installation in use is left as it is."""

    help = (
        "Prepare the database and load the built-in schedule configurations; in an "
        "empty database create the first account and run a short benchmark."
    )
    requires_system_checks = ()  # `serve`, which follows, runs them all

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do what has not been done yet."""
        prepare(self.stdout.write)
        loaded = schedules_load_builtin()
        if loaded.created:
            count = len(loaded.created)
            self.stdout.write(f"Loaded {count} built-in schedule configurations.")
        self._create_account()
        if not BenchmarkRun.objects.exists():
            self._run_benchmark()

    def _create_account(self) -> None:
        """Show the first account's password the only time that it can be shown."""
        account = account_bootstrap()
        if account is not None:
            self.stdout.write(
                f"Created the account {account.username}, password {account.password}\n"
                "It is not shown again. To change it:\n"
                f"  {sys.executable} manage.py changepassword {account.username}"
            )

    def _run_benchmark(self) -> None:
        """Give the pages something to show; that it fails keeps nobody from serving."""
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
    """Return the first, the last and three between, of as many as are configured."""
    last = settings.NOISE_SPECIFICATION["num_timesteps"] - 1
    return ",".join(str(last * quarter // 4) for quarter in range(5))


def _run(command: tuple[str, ...]) -> int | None:
    """Return the exit code of the benchmark, None where it took too long.

    Its table is not shown; its progress, on stderr, is.
    """
    with subprocess.Popen(  # noqa: S603 - our own command line, no shell
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        try:
            return process.wait(timeout=BENCHMARK_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()  # upon which it records that it did not succeed
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    return None
