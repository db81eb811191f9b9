"""What `scripts/measure-operations` measures with real servers, for minutes.

Tests of this folder cause the same faults once.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from statistics import linear_regression, median

from tests.operations.load import (
    ALPHA,
    NOISE,
    PAGE,
    Request,
    flood,
    post,
    under_load,
)
from tests.operations.nginx import MOST_REQUESTS, start_nginx
from tests.operations.runs import NO_LIMITS, Runs, create_token
from tests.operations.servers import (
    ROOT,
    children,
    environment,
    free_port,
    kill,
    resident_mebibytes,
    running,
    wait_for,
)

FAILED: list[str] = []


def report(text: str, good: bool = True) -> None:
    """Print a figure; remember it if it is bad."""
    sys.stdout.write(f"{text}\n" if good else f"{text}  <-- too bad\n")
    sys.stdout.flush()
    if not good:
        FAILED.append(text)


def measure_kills(seconds: float) -> None:
    """Kill web workers under load, then workers of runs, then whole services."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "data"
        runs = Runs(folder, create_token(folder))
        variables = NO_LIMITS | {"PORT": str(free_port())}
        kill_web_workers(folder, variables, seconds / 3)
        kill_workers_of_runs(folder, variables, runs, seconds / 3)
        kill_services(folder, variables, runs, seconds / 3)
        with running(folder, variables=variables):
            wait_for(lambda: not runs.unfinished(), lambda: "runs do not end", 3600)
        missing, wrong = runs.missing(), runs.wrong()
        report(
            f"runs accepted: {len(runs.accepted)}, lost: {len(missing)}", not missing
        )
        report(f"they ended as {runs.states()}")
        report(f"runs without exactly one row a point: {len(wrong)}", not wrong)
        report(f"longest lease: {runs.longest_lease:.1f} s", runs.longest_lease < 30.5)
        [[check]] = runs.query("PRAGMA quick_check")
        report(f"quick_check: {check}", check == "ok")


def kill_web_workers(folder: Path, variables: dict[str, str], seconds: float) -> None:
    """Kill one every 2 s; then stop the service, still under load."""
    kills, memory, readiness = [], [], []
    with (
        running(folder, variables=variables) as server,
        under_load(server.port) as load,
    ):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(2)
            memory += map(resident_mebibytes, workers := server.both_workers())
            kills.append(kill(random.choice(workers)))  # noqa: S311
        time.sleep(2)
        lost, ended = load.lost, len(load.outcomes)
        unexplained = load.lost_without(kills)
        report(f"web workers killed: {len(kills)}, one every 2 s, of {ended} requests")
        report(f"lost in flight: {len(lost) - len(unexplained)}")
        report(f"lost otherwise: {len(unexplained)}", not unexplained)
        report(f"connections refused: {load.unsent}", not load.unsent)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        while server.process.poll() is None:
            with suppress(OSError):
                readiness.append(server.ask("GET", "/readyz").status)
            time.sleep(0.05)
        gone = time.monotonic() - began
    lost = len(load.lost) - len(lost)
    report(f"SIGTERM: requests lost of {len(load.outcomes) - ended}: {lost}", not lost)
    report(f"gone after {gone:.1f} s", gone < 35)
    report(f"/readyz meanwhile: {sorted(set(readiness))}", 503 in readiness)
    report(f"responses: {dict(load.statuses)}", set(load.statuses) == {200})
    seeds = [
        e.headers["noise-seed"] for e in load.outcomes if "noise-seed" in e.headers
    ]
    repeated = len(seeds) - len(set(seeds))
    report(f"noise seeds that repeat, of {len(seeds)}: {repeated}", not repeated)
    report(f"memory of a web worker: at most {max(memory):.0f} MiB", max(memory) <= 110)


def kill_workers_of_runs(
    folder: Path, variables: dict[str, str], runs: Runs, seconds: float
) -> None:
    """Run three workers, kill any of them wherever it is, and queue runs meanwhile."""
    command = [sys.executable, "manage.py", "worker"]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(DATA_DIR=str(folder)),
            stderr=subprocess.DEVNULL,
        )

    killed, until = 0, time.monotonic() + seconds
    with running(folder, variables=variables) as server:
        workers = [start(), start()]
        while time.monotonic() < until:
            runs.request(server, samples=500)
            time.sleep(random.uniform(1, 5))  # noqa: S311
            runs.look_at_leases()
            victim = random.randrange(3)  # noqa: S311
            if victim < 2:
                workers[victim].kill()
                workers[victim].wait()
                workers[victim] = start()
            else:
                kill(server.child("noising: worker"))
            killed += 1
        for each in workers:
            each.kill()
            each.wait()
    report(f"workers of runs killed: {killed}")


def kill_services(
    folder: Path, variables: dict[str, str], runs: Runs, seconds: float
) -> None:
    """Kill gunicorn's main process, then `serve`, and restart at once each time."""
    orphans, free, killed = [], [], 0
    until = time.monotonic() + seconds
    for victim in cycle(("gunicorn", "serve")):
        if time.monotonic() > until:
            break
        with running(folder, variables=variables) as server, under_load(server.port):
            runs.request(server)
            gunicorn = server.child("gunicorn")
            all_of_it = [
                *children(server.process.pid),
                *children(gunicorn),
                server.process.pid,
            ]
            time.sleep(random.uniform(0, 2))  # noqa: S311
            began = time.monotonic()
            os.kill(gunicorn if victim == "gunicorn" else server.process.pid, 9)
            server.process.wait(30)
            wait_for(lambda: is_free(server.port), lambda: "the port is not free", 30)
            free.append(time.monotonic() - began)
            wait_for(
                lambda: not any(Path(f"/proc/{pid}").exists() for pid in all_of_it),  # noqa: B023
                lambda: "orphans",
                60,
            )
            orphans.append(time.monotonic() - began)
            killed += 1
    report(f"gunicorn or serve killed: {killed}, half of them each")
    report(f"the port is free after {median(free):.1f} s, at most {max(free):.1f}")
    report(f"all processes are gone after {max(orphans):.1f} s at most")


def is_free(port: int) -> bool:
    """Tell whether a service could listen."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def percentile(values: list[float], percent: int) -> float:
    """Return a nearest rank of ordered values."""
    return values[round((len(values) - 1) * percent / 100)]


@contextmanager
def front_door(scratch: str) -> Iterator[int]:
    """Run nginx and a service of one web worker; yield nginx's port."""
    variables = {"WEB_CONCURRENCY": "1", "TRUSTED_PROXIES": "1"}
    with running(Path(scratch) / "data", variables=variables) as server:
        nginx, port = start_nginx(Path(scratch), server.port, MOST_REQUESTS // 2)
        try:
            wait_for(lambda: not is_free(port), lambda: "no nginx")
            yield port
        finally:
            nginx.terminate()
            nginx.wait()


def measure_front(seconds: float) -> None:
    """Print what clients of nginx wait for: silent ones, then an overload."""
    with tempfile.TemporaryDirectory() as scratch, front_door(scratch) as port:
        with ExitStack() as stack:
            for number in range(64):
                client = stack.enter_context(
                    socket.create_connection(("127.0.0.1", port))
                )
                client.sendall(NOISE.encode(keeps_alive=True)[: 40 * (number % 4)])
            with under_load(port, (NOISE, ALPHA), clients=2) as load:
                time.sleep(8)  # nginx disconnects silent clients after 10 s
        longest = load.seconds()[-1]
        report(
            f"beside 64 silent clients, the longest of {len(load.outcomes)} ordinary "
            f"requests took {longest:.2f} s",
            set(load.statuses) == {200} and longest < 2,
        )
        with under_load(port, [PAGE], clients=16, pause=0) as load:
            time.sleep(seconds)
        peak = load.statuses[200] / seconds
        report(f"pages a second with 16 clients: {peak:.0f}")
        for name, address in (
            (
                "many addresses",
                lambda n: f"127.{1 + n // 62500}.{n // 250 % 250}.{n % 250 + 1}",
            ),
            ("one address", lambda n: "127.0.0.1"),
        ):
            began = time.monotonic()
            load = flood(port, PAGE, rate=10 * peak, seconds=seconds, address=address)
            good = [e for e in load.outcomes if e.status == 200]
            steady = [e for e in good if began + 2 < e.ended < began + seconds]
            share = len(steady) / (seconds - 2) / peak
            refused = [e for e in load.outcomes if e.status in (429, 503)]
            silent = sum("retry-after" not in each.headers for each in refused)
            report(f"10 times that from {name}: {dict(load.statuses)}")
            report(f"  no response: {len(load.lost)}", not load.lost)
            report(f"  refused without Retry-After: {silent}", not silent)
            report(f"  share of the peak rate: {share:.0%}", share >= 0.8)
            p99 = percentile(load.seconds(), 99)
            report(f"  99 % of the accepted within {p99:.2f} s", p99 < 2)


LARGE = b"[" + b"1," * 400_000 + b"1]"
HOSTILE = (
    post("/noise", {"tokens": "x" * 10_000, "timestep": 5}),
    post("/noise", {"tokens": [1e308] * 1000, "timestep": -1}),
    Request(method="POST", path="/noise", body=b"[" * 100_000),
    Request(method="POST", path="/noise", body=b'{"tokens": ' + LARGE + b', "x": 1}'),
    Request(method="POST", path="/noise", body=bytes(range(256)) * 40),
    Request(method="POST", path="/api/v1/noise", body=b'{"tokens": ' + LARGE + b"}"),
    post("/api/v1/noise", {"tokens": [[1]] * 20_000, "timesteps": [9_999] * 3}),
    post("/api/v1/marginal", {"x0": [0] * 10_000, "timesteps": 500}),
    post(
        "/api/v1/noise",
        {"tokens": [[1]], "timesteps": 5, "schedule": {"a": "b" * 9999}},
    ),
    Request(method="GET", path="/alpha/" + "9" * 5000),
    Request(method="GET", path="/api/v1/schedules?search=" + "%00" * 2000),
    Request(method="GET", path="/no/such/" + "x" * 7000),
    Request(method="DELETE", path="/info"),
    Request(method="GET", path="/", accept=",".join(["a/b;q=0.1"] * 700)),
    Request(method="POST", path="/account/login/", body=b"a=" + b"b" * 50_000),
    Request(method="GET", path="/plots/../../etc/passwd"),
)


def vary(request: Request, number: int) -> Request:
    """Return the request with something that no cache has seen."""
    joint = "&" if "?" in request.path else "?"
    return Request(
        method=request.method,
        path=f"{request.path}{joint}n={number}",
        body=request.body,
        accept=request.accept,
    )


def measure_hostile(count: int) -> None:
    """Print how much memory the web workers have after hostile requests."""
    requests = [vary(HOSTILE[n % len(HOSTILE)], n) for n in range(16 * 40)]
    with (
        tempfile.TemporaryDirectory() as scratch,
        running(Path(scratch) / "data") as server,
    ):
        with under_load(server.port, [NOISE, ALPHA, PAGE]):
            time.sleep(2)
        before = list(map(resident_mebibytes, pids := server.both_workers()))
        with under_load(server.port, requests, clients=8, pause=0) as load:
            wait_for(lambda: len(load.outcomes) >= count, lambda: "stuck", 3600)
        after = list(map(resident_mebibytes, pids))
        same = server.workers() == pids
        logged = server.lines.count('"level":"error"')
    grown = max(b - a for a, b in zip(before, after, strict=True))
    report(f"hostile requests: {len(load.outcomes)}, {dict(load.statuses)}")
    report(f"responses 500: {load.statuses[500]}", not load.statuses[500])
    report(f"lines of errors in the log: {logged}", not logged)
    report(f"the web workers are the same: {same}", same)
    report(
        f"memory of the web workers: {max(before):.0f} MiB before, {max(after):.0f} "
        f"after: {grown:.1f} more",
        grown <= 50,
    )


def measure_soak(seconds: float) -> None:
    """Print how the memory of the web workers grows under ordinary load."""
    requests = [NOISE, ALPHA, PAGE, Request(method="GET", path="/api/v1/schedules")]
    times, sizes = [], []
    with (
        tempfile.TemporaryDirectory() as scratch,
        running(Path(scratch) / "data") as server,
        under_load(server.port, requests, clients=4, pause=0.1) as load,
    ):
        began = time.monotonic()
        pids = server.both_workers()
        while (now := time.monotonic() - began) < seconds:
            time.sleep(1)
            load.outcomes.clear()
            if now > seconds / 4:  # until then, caches fill
                times.append(now)
                sizes.append([resident_mebibytes(pid) for pid in pids])
    for number, own in enumerate(zip(*sizes, strict=True), 1):
        slope = linear_regression(times, own).slope * 600
        report(
            f"web worker {number}: {own[0]:.1f} MiB after {times[0]:.0f} s, "
            f"{own[-1]:.1f} after {times[-1]:.0f} s: {slope:+.2f} MiB in 10 minutes",
            slope < 1,
        )
