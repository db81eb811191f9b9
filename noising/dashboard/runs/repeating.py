"""How a run is measured again from a shell: by a command, and over HTTP."""

import shlex

from django.urls import reverse

from benchmarks.corpora import BUILTIN_CORPORA
from noising.models import BenchmarkRun


def command_of(run: BenchmarkRun) -> str:
    """Return the command that measures the same; empty where no flags say it.

    A graph with parameters of its own is one that `--graph` does not name.
    """
    config = run.config
    graph = {
        name: value for name, value in config["graph"].items() if value is not None
    }
    if set(graph) != {"type"}:
        return ""
    flags = {
        "schedules": ",".join(config["schedules"]),
        "baseline": config["baseline"],
        "graph": graph["type"],
        "corpus": config["corpus"],
        "vocab-size": config["vocab_size"],
        "num-timesteps": config["num_timesteps"],
        "timesteps": ",".join(str(step) for step in config["timesteps"]),
        "samples": config["samples"],
        "seed": config["seed"],
    }
    # With `=` a name may begin with a dash.
    words = [f"--{name}={value}" for name, value in flags.items()]
    return shlex.join(["python", "manage.py", "run_benchmarks", *words])


def request_of(run: BenchmarkRun, origin: str) -> str:
    """Return the request that measures the same; empty where workers cannot.

    Args:
        run: the run.
        origin: where the service is reached, such as ``http://localhost:8000``.
    """
    if run.config["corpus"] not in BUILTIN_CORPORA:
        return ""
    path = reverse("v1:run-rerun", kwargs={"run_id": run.pk})
    address = shlex.quote(f"{origin}{path}")
    return f'curl -X POST {address} \\\n  -H "Authorization: Bearer $TOKEN"'
