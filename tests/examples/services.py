"""The example services, started as users do."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.operations.servers import ROOT, environment


@contextmanager
def example_services(*options: str) -> Iterator[dict[str, str]]:
    """Run both on free ports until the end of the block; give the settings."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "examples.services"),
            *("--tokenizer-port", "0", "--denoiser-port", "0", *options),
        ],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the services ended before they served"
        yield dict(pair.split("=", 1) for pair in line.split())
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0
        process.stdout.close()
