"""Starts, restarts and stops the processes of `manage.py serve`."""

import asyncio
import os
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

FIRST_WAIT_SECONDS: Final = 1.0
"""The wait before the first restart; it doubles if restarts follow quickly."""

LONGEST_WAIT_SECONDS: Final = 30.0
STABLE_SECONDS: Final = 60.0
"""After a process has run this long, the wait is the first one again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command that runs in a process of its own.

    Attributes:
        name: its name in messages, for example "The web server".
        command: the program and its arguments.
        inherited: file descriptors that it inherits.
        variables: environment variables in addition to those of this process.
        restarts: whether it is restarted when it ends by itself.
    """

    name: str
    command: Sequence[str]
    inherited: Sequence[int] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    restarts: bool = False


class ProgramEndedError(Exception):
    """A program ended by itself."""


def supervise(
    programs: Sequence[Program],
    *,
    stop_seconds: float,
    say: Callable[[str], object],
    notice_seconds: float = 0.0,
    after_notice: Callable[[], object] = bool,
) -> None:
    """Run the programs until SIGTERM or SIGINT, then stop them and return.

    Either signal is passed on as SIGTERM, and a second SIGINT as SIGQUIT, which ends
    a program at once. Each program has a process group of its own: Ctrl-C in a
    terminal reaches it only through this process.

    Args:
        programs: the programs. When one without `restarts` ends, the others are
            stopped too, so that a process supervisor can start all of them again.
        stop_seconds: how long the programs may take to stop before they are killed.
        say: receives a line for each restart.
        notice_seconds: how long the programs go on working after a signal.
        after_notice: called then.

    Raises:
        ProgramEndedError: one ended by itself; the others have been stopped.
        OSError: one could not be started; the others have been stopped.
    """
    supervisor = _Supervisor(
        stop_seconds=stop_seconds,
        say=say,
        notice_seconds=notice_seconds,
        after_notice=after_notice,
    )
    asyncio.run(supervisor.run(programs))


@dataclass(slots=True, kw_only=True)
class _Supervisor:
    """Runs programs until a signal arrives.

    Attributes:
        stop_seconds: time to stop before they are killed.
        say: receives the messages.
        notice_seconds: how long the programs go on working after a signal.
        after_notice: called then.
        processes: the running processes.
        stopping: set when a signal has arrived.
    """

    stop_seconds: float
    say: Callable[[str], object]
    notice_seconds: float
    after_notice: Callable[[], object]
    processes: set[Process] = field(default_factory=set)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, programs: Sequence[Program]) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._receive, number)
        tasks = [
            asyncio.create_task(self.stopping.wait()),
            *(asyncio.create_task(self._keep_running(program)) for program in programs),
        ]
        ended, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._stop()
        for task in ended:
            task.result()  # raises the exception that ended it

    def _receive(self, number: signal.Signals) -> None:
        if self.stopping.is_set() and number == signal.SIGINT:
            self._send(signal.SIGQUIT)
        self.stopping.set()

    def _send(self, number: signal.Signals) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.send_signal(number)

    async def _keep_running(self, program: Program) -> None:
        wait = FIRST_WAIT_SECONDS
        while True:
            started = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *program.command,
                pass_fds=program.inherited,
                env={**os.environ, **program.variables},
                process_group=0,
            )
            self.processes.add(process)
            how = f"{program.name} {_describe_end(await process.wait())}"
            self.processes.discard(process)
            if not program.restarts:
                raise ProgramEndedError(how)
            if time.monotonic() - started >= STABLE_SECONDS:
                wait = FIRST_WAIT_SECONDS
            self.say(f"{how}; it restarts in {wait:g} s.")
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    async def _stop(self) -> None:
        """Send SIGTERM to all, and SIGKILL to those that take too long."""
        self._send(signal.SIGTERM)
        waits = [asyncio.create_task(each.wait()) for each in self.processes]
        if waits and self.stopping.is_set():
            await asyncio.wait(waits, timeout=self.notice_seconds)
        self.after_notice()
        if waits:
            await asyncio.wait(waits, timeout=self.stop_seconds - self.notice_seconds)
            self._send(signal.SIGKILL)
            await asyncio.wait(waits)


def _describe_end(returncode: int) -> str:
    """Say how a process ended; a return code of -n means that signal n killed it."""
    if returncode < 0:
        return f"was killed by {signal.Signals(-returncode).name}"
    return f"ended with exit code {returncode}"
