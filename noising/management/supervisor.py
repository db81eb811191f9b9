"""Running programs beside each other until one ends or the operator stops them."""

import math
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

FIRST_WAIT_SECONDS = 1.0
"""Before a program is started anew; twice as long each time it ends young."""

LONGEST_WAIT_SECONDS = 30.0
YOUNG_SECONDS = 60.0

LONGEST_SLEEP_SECONDS = 1.0
"""A signal that comes in the moment before the main thread falls asleep, or that the
system gives to another thread, does not wake it: it is handled once it wakes by itself.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A child process.

    Attributes:
        name: what messages call it, for example "The web server".
        command: the program's path and its arguments.
        pass_fds: file descriptors that stay open in it.
        restarts: whether it is started anew where it ends by itself.
    """

    name: str
    command: tuple[str, ...]
    pass_fds: tuple[int, ...] = ()
    restarts: bool = False


class ProgramEndedError(Exception):
    """A program ended although nobody had stopped it."""

    def __init__(self, program: Program, returncode: int) -> None:
        """Word what happened."""
        super().__init__(f"{program.name} {_how(returncode)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """A program that was started."""

    program: Program
    process: subprocess.Popen[bytes]
    started_at: float


_Events = queue.SimpleQueue[signal.Signals | _Child]
"""What wakes the supervisor: a signal that came, a child that ended."""


class _Restarts:
    """When what ended is started anew: the sooner it ended, the longer it waits."""

    def __init__(self) -> None:
        self._due: dict[Program, float] = {}
        self._waits: dict[Program, float] = {}

    def add(self, child: _Child) -> float:
        """Plan to start a child's program anew; returns the seconds until then."""
        now, program = time.monotonic(), child.program
        wait = FIRST_WAIT_SECONDS
        if now < child.started_at + YOUNG_SECONDS and program in self._waits:
            wait = min(2 * self._waits[program], LONGEST_WAIT_SECONDS)
        self._waits[program] = wait
        self._due[program] = now + wait
        return wait

    def seconds(self) -> float | None:
        """Return the seconds until the next one is due; None where none waits."""
        if not self._due:
            return None
        return max(0.0, min(self._due.values()) - time.monotonic())

    def take(self) -> list[Program]:
        """Return those that are due; they wait no longer."""
        now = time.monotonic()
        due = [program for program, at in self._due.items() if at <= now]
        for program in due:
            del self._due[program]
        return due


def supervise(
    programs: Sequence[Program],
    *,
    stop_seconds: float,
    say: Callable[[str], object],
) -> None:
    """Run the programs until SIGTERM or SIGINT comes, then stop them and return.

    Either signal is passed on as SIGTERM; a further SIGINT, from an impatient hand,
    as SIGQUIT, which asks to end at once. Each program is a process group of its
    own: Ctrl-C in a terminal reaches it only through here, so that it ends what it
    is doing first.

    Args:
        programs: what to run, at least one. One that ends by itself is started anew
            where it `restarts`; else it takes the others with it: whoever started
            them all can start them all anew.
        stop_seconds: how long the programs may take to end before they are killed.
        say: receives a line for each program that is to be started anew.

    Raises:
        ProgramEndedError: one ended by itself; the others have been stopped.
        OSError: one could not be started; those before it have been stopped.
    """
    events: _Events = queue.SimpleQueue()
    with _signals_put_into(events):
        children: dict[Program, _Child] = {}
        try:
            for program in programs:
                children[program] = _start(program, events)
            event = _last_event(children, events, say)
        finally:
            _stop(list(children.values()), events, stop_seconds)
    if isinstance(event, _Child):
        raise ProgramEndedError(event.program, event.process.returncode)


def _last_event(
    children: dict[Program, _Child], events: _Events, say: Callable[[str], object]
) -> signal.Signals | _Child:
    """Start anew what restarts, until something happens that ends it all."""
    restarts = _Restarts()
    while True:
        try:
            event = _next(events, restarts.seconds())
        except queue.Empty:
            for program in restarts.take():
                children[program] = _start(program, events)
            continue
        if not isinstance(event, _Child) or not event.program.restarts:
            return event
        how, wait = _how(event.process.returncode), restarts.add(event)
        say(f"{event.program.name} {how}; it is started anew in {wait:g} s.")


def _next(events: _Events, seconds: float | None) -> signal.Signals | _Child:
    """Return the next event.

    Args:
        events: what happens.
        seconds: how long to wait for it; None for ever.

    Raises:
        queue.Empty: nothing has happened in that time.
    """
    deadline = math.inf if seconds is None else time.monotonic() + seconds
    while True:
        left = max(0.0, deadline - time.monotonic())
        try:
            return events.get(timeout=min(left, LONGEST_SLEEP_SECONDS))
        except queue.Empty:
            if time.monotonic() >= deadline:
                raise


def _how(returncode: int) -> str:
    """Word how a program ended; a returncode of -n means that signal n killed it."""
    if returncode < 0:
        return f"was killed by {signal.Signals(-returncode).name}"
    return f"ended with exit code {returncode}"


@contextmanager
def _signals_put_into(events: _Events) -> Iterator[None]:
    """Turn SIGTERM and SIGINT into events.

    SimpleQueue.put may be called from a signal handler that interrupts get.
    """

    def put(number: int, _frame: FrameType | None) -> None:
        events.put(signal.Signals(number))

    before = {
        number: signal.signal(number, put) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(program: Program, events: _Events) -> _Child:
    """Start a program and a thread that reports its end."""
    process = subprocess.Popen(  # noqa: S603 - our own command lines, no shell
        program.command,
        stdin=subprocess.DEVNULL,
        pass_fds=program.pass_fds,
        process_group=0,
    )
    child = _Child(program=program, process=process, started_at=time.monotonic())

    def report() -> None:
        process.wait()
        events.put(child)

    threading.Thread(target=report, name=program.name, daemon=True).start()
    return child


def _stop(children: Sequence[_Child], events: _Events, stop_seconds: float) -> None:
    """End all children: SIGTERM, SIGQUIT upon a further SIGINT, at last SIGKILL."""
    deadline = time.monotonic() + stop_seconds
    _send(children, signal.SIGTERM)
    while any(child.process.poll() is None for child in children):
        try:
            event = _next(events, deadline - time.monotonic())
        except queue.Empty:
            _send(children, signal.SIGKILL)
            for child in children:
                child.process.wait()
            return
        if event is signal.SIGINT:
            _send(children, signal.SIGQUIT)


def _send(children: Sequence[_Child], number: signal.Signals) -> None:
    """Send a signal to the children that are still there."""
    for child in children:
        child.process.send_signal(number)
