"""Processes that run, restart and stop together."""

import dataclasses
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from noising.management import processes
from noising.management.processes import Program, ProgramEndedError

supervise = partial(processes.supervise, say=print)


def python(script: str, *arguments: object) -> Program:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return Program(name="The child", command=command)


# Says that it runs, and on SIGTERM finishes its work before it ends.
DRAINS = """
import signal, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
def stop(number, frame):
    time.sleep(0.3)
    (folder / "drained").touch()
    sys.exit()
signal.signal(signal.SIGTERM, stop)
(folder / "running").touch()
time.sleep(60)
"""

# Cannot be stopped but by SIGQUIT or SIGKILL.
IGNORES_TERM = """
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGTERM, lambda *_: (Path(sys.argv[1]) / "asked").touch())
(Path(sys.argv[1]) / "running").touch()
time.sleep(60)
"""


def when_there(path: Path, act: Callable[[], None]) -> threading.Thread:
    """Act from another thread as soon as the file exists."""

    def wait() -> None:
        deadline = time.monotonic() + 60
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def signal_self(number: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_programs_finish_their_work(
    tmp_path: Path, number: signal.Signals
) -> None:
    waiter = when_there(tmp_path / "running", signal_self(number))

    supervise([python(DRAINS, tmp_path)], stop_seconds=60)

    waiter.join()
    assert (tmp_path / "drained").exists()


def test_a_signal_that_does_not_wake_the_main_thread_is_not_lost(
    tmp_path: Path,
) -> None:
    # The thread was started before: of the two it alone takes the signal.
    waiter = when_there(tmp_path / "running", signal_self(signal.SIGINT))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        supervise([python(DRAINS, tmp_path)], stop_seconds=60)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    waiter.join()
    assert (tmp_path / "drained").exists()


def test_a_second_signal_ends_programs_at_once(tmp_path: Path) -> None:
    first = when_there(tmp_path / "running", signal_self(signal.SIGINT))
    second = when_there(tmp_path / "asked", signal_self(signal.SIGINT))
    started = time.monotonic()

    supervise([python(IGNORES_TERM, tmp_path)], stop_seconds=30)

    first.join()
    second.join()
    assert time.monotonic() - started < 20


def test_a_program_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    waiter = when_there(tmp_path / "running", signal_self(signal.SIGTERM))
    started = time.monotonic()

    supervise([python(IGNORES_TERM, tmp_path)], stop_seconds=0.5)

    waiter.join()
    assert (tmp_path / "asked").exists()
    assert time.monotonic() - started < 20


def test_a_program_that_ends_by_itself_takes_the_others_with_it(
    tmp_path: Path,
) -> None:
    ends = python(
        "import sys, time\n"
        "from pathlib import Path\n"
        "while not (Path(sys.argv[1]) / 'running').exists(): time.sleep(0.01)\n"
        "sys.exit(3)",
        tmp_path,
    )

    with pytest.raises(ProgramEndedError, match="The child ended with exit code 3"):
        supervise([python(DRAINS, tmp_path), ends], stop_seconds=20)

    assert (tmp_path / "drained").exists()


def test_a_killed_program_is_reported_by_its_signal() -> None:
    killed = python("import os; os.kill(os.getpid(), 9)")

    with pytest.raises(ProgramEndedError, match="The child was killed by SIGKILL"):
        supervise([killed], stop_seconds=20)


def children_of_this_process() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_a_program_that_cannot_be_started_stops_the_others(tmp_path: Path) -> None:
    missing = Program(name="The child", command=["/no/such/program"])

    before = children_of_this_process()

    with pytest.raises(FileNotFoundError):
        supervise([python(DRAINS, tmp_path), missing], stop_seconds=20)

    assert children_of_this_process() <= before


def test_the_handlers_of_the_caller_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    with pytest.raises(ProgramEndedError):
        supervise([python("")], stop_seconds=20)

    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_ctrl_c_in_a_terminal_does_not_reach_programs_directly(tmp_path: Path) -> None:
    program = python(
        "import os, sys; open(sys.argv[1], 'w').write(str(os.getpgid(0)))",
        tmp_path / "group",
    )

    with pytest.raises(ProgramEndedError):
        supervise([program], stop_seconds=20)

    assert int((tmp_path / "group").read_text()) != os.getpgid(0)


# Says that it was here, and ends, the third time for its parent to notice.
ENDS_YOUNG = """
import sys
from pathlib import Path
folder = Path(sys.argv[1])
count = len(list(folder.glob("life-*"))) + 1
(folder / f"life-{count}").touch()
if count == 3:
    (folder / "running").touch()
"""


def test_a_program_that_restarts_takes_nobody_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "FIRST_WAIT_SECONDS", 0.01)
    (tmp_path / "other").mkdir()
    worker = dataclasses.replace(python(ENDS_YOUNG, tmp_path), restarts=True)
    waiter = when_there(tmp_path / "running", signal_self(signal.SIGTERM))
    lines: list[str] = []

    processes.supervise(
        [python(DRAINS, tmp_path / "other"), worker], stop_seconds=20, say=lines.append
    )

    waiter.join()
    assert (tmp_path / "other" / "drained").exists()
    # Each wait is twice the one before.
    assert lines[:2] == [
        f"The child ended with exit code 0; it restarts in {wait} s."
        for wait in ("0.01", "0.02")
    ]
