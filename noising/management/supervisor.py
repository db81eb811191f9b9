"""Running programs beside each other until one ends or the operator stops them."""

import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A child process.

    Attributes:
        name: what messages call it, for example "The web server".
        command: the program's path and its arguments.
        pass_fds: file descriptors that stay open in it.
    """

    name: str
    command: tuple[str, ...]
    pass_fds: tuple[int, ...] = ()


class ProgramEndedError(Exception):
    """A program ended although nobody had stopped it."""

    def __init__(self, program: Program, returncode: int) -> None:
        """Word what happened; a returncode of -n means that signal n killed it."""
        how = f"ended with exit code {returncode}"
        if returncode < 0:
            how = f"was killed by {signal.Signals(-returncode).name}"
        super().__init__(f"{program.name} {how}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """A program that was started."""

    program: Program
    process: subprocess.Popen[bytes]


_Events = queue.SimpleQueue[signal.Signals | _Child]
"""What wakes the supervisor: a signal that came, a child that ended."""


def supervise(programs: Sequence[Program], *, stop_seconds: float) -> None:
    """Run the programs until SIGTERM or SIGINT comes, then stop them and return.

    Either signal is passed on as SIGTERM; a further SIGINT, from an impatient hand,
    as SIGQUIT, which asks to end at once. Each program is a process group of its
    own: Ctrl-C in a terminal reaches it only through here, so that it ends what it
    is doing first.

    Args:
        programs: what to run, at least one. The one that ends by itself takes the
            others with it: whoever started them all can start them all anew.
        stop_seconds: how long the programs may take to end before they are killed.

    Raises:
        ProgramEndedError: one ended by itself; the others have been stopped.
        OSError: one could not be started; those before it have been stopped.
    """
    events: _Events = queue.SimpleQueue()
    with _signals_put_into(events):
        children: list[_Child] = []
        try:
            for program in programs:
                children.append(_start(program, events))
            event = events.get()
        finally:
            _stop(children, events, stop_seconds)
    if isinstance(event, _Child):
        raise ProgramEndedError(event.program, event.process.returncode)


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
    child = _Child(program=program, process=process)

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
            event = events.get(timeout=max(0.0, deadline - time.monotonic()))
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
