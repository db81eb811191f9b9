"""How a run is measured again from a command line."""

import shlex

from noising.models import BenchmarkRun


def command_of(run: BenchmarkRun) -> str:
    """Return the command that measures the same."""
    config = run.config
    others = [name for name in config["schedules"] if name != run.baseline]
    words = [
        *("python", "manage.py", "run_benchmarks"),
        *("--schedules", ",".join(others or config["schedules"])),
        *("--baseline", run.baseline),
        *("--corpus", run.corpus_name),
        *("--graph", config["graph"]["type"]),
        *("--num-timesteps", str(config["num_timesteps"])),
        *("--timesteps", ",".join(str(step) for step in config["timesteps"])),
        *("--samples", str(config["samples"])),
        *("--seed", run.seed),
    ]
    return shlex.join(words)
