"""Running programs beside each other until one ends or the operator stops them."""

import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from types import FrameType, TracebackType
from typing import Final, Self

from noising.management.apart import FORK

FIRST_WAIT_SECONDS = 1.0
"""Before a program is started anew; twice as long each time it ends young."""

LONGEST_WAIT_SECONDS = 30.0
YOUNG_SECONDS = 60.0

STOP: Final = frozenset({signal.SIGTERM, signal.SIGINT})
CAUGHT: Final = STOP | {signal.SIGCHLD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a child process does.

    Attributes:
        name: what messages call it, for example "The web server".
        run: does it, in a process forked off this one. What it raises ends the
            process with a traceback and the exit code 1; SystemExit, with its own.
        restarts: whether it is started anew where it ends by itself.
    """

    name: str
    run: Callable[[], object]
    restarts: bool = False


class ProgramEndedError(Exception):
    """A program ended although nobody had stopped it."""

    def __init__(self, program: Program, exitcode: int) -> None:
        """Word what happened."""
        super().__init__(f"{program.name} {_how(exitcode)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """A program that was started."""

    program: Program
    process: BaseProcess
    started_at: float

    def has_ended(self) -> bool:
        """Tell whether the process is gone."""
        return self.process.exitcode is not None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the process is gone."""
        if self.process.pid is not None and not self.has_ended():
            os.kill(self.process.pid, number)


class _Signals:
    """SIGTERM, SIGINT and SIGCHLD, as something to wait for.

    Python's own handlers run in the main thread, and only once it is awake; which
    thread the system gives a signal to is nobody's choice. A byte in a socket wakes
    whoever waits, whichever thread takes the signal.
    """

    def __enter__(self) -> Self:
        """Take the signals from now on."""
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(
            self._writer.fileno(), warn_on_full_buffer=False
        )
        self._handlers = {number: signal.signal(number, _noted) for number in CAUGHT}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave them to whoever had them before."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._reader.close()
        self._writer.close()

    def wait(self, seconds: float | None) -> list[int]:
        """Return those that came, in order; none where none came in that time.

        Args:
            seconds: how long to wait for the first; None for ever.
        """
        ready, _, _ = select.select([self._reader], [], [], seconds)
        return list(self._reader.recv(4096)) if ready else []


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the signal is in the socket already."""


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

    The programs are forked off, so this process must have no threads, and no
    connections that two processes cannot share.

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
    with _Signals() as signals:
        children: dict[Program, _Child] = {}
        try:
            for program in programs:
                children[program] = _start(program, signals)
            ended = _first_that_ends(children, signals, say)
        finally:
            _stop(children.values(), signals, stop_seconds)
    if ended is not None:
        raise ProgramEndedError(ended.program, ended.process.exitcode or 0)


def _first_that_ends(
    children: dict[Program, _Child], signals: _Signals, say: Callable[[str], object]
) -> _Child | None:
    """Start anew what restarts, until something ends it all: a child, or a signal."""
    restarts = _Restarts()
    while STOP.isdisjoint(signals.wait(restarts.seconds())):
        for child in [child for child in children.values() if child.has_ended()]:
            if not child.program.restarts:
                return child
            del children[child.program]
            how, wait = _how(child.process.exitcode or 0), restarts.add(child)
            say(f"{child.program.name} {how}; it is started anew in {wait:g} s.")
        for program in restarts.take():
            children[program] = _start(program, signals)
    return None


def _how(exitcode: int) -> str:
    """Word how a program ended; an exitcode of -n means that signal n killed it."""
    if exitcode < 0:
        return f"was killed by {signal.Signals(-exitcode).name}"
    return f"ended with exit code {exitcode}"


def _start(program: Program, signals: _Signals) -> _Child:
    """Fork a process off; signals wait until it takes them as one of its own."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, CAUGHT)

    def become() -> None:
        os.setpgid(0, 0)
        signals.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        program.run()

    process = FORK.Process(target=become, name=program.name)
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return _Child(program=program, process=process, started_at=time.monotonic())


def _stop(children: Iterable[_Child], signals: _Signals, stop_seconds: float) -> None:
    """End all children: SIGTERM, SIGQUIT upon a further SIGINT, at last SIGKILL."""
    deadline = time.monotonic() + stop_seconds
    left = list(children)
    _send(left, signal.SIGTERM)
    while left := [child for child in left if not child.has_ended()]:
        if time.monotonic() >= deadline:
            _send(left, signal.SIGKILL)
            for child in left:
                child.process.join()
            return
        came = signals.wait(max(0.0, deadline - time.monotonic()))
        if signal.SIGINT in came:
            _send(left, signal.SIGQUIT)


def _send(children: Iterable[_Child], number: signal.Signals) -> None:
    """Send a signal to the children that are still there."""
    for child in children:
        child.send(number)
