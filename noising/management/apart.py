"""Running something in a process of its own, which then ends."""

import multiprocessing
from collections.abc import Callable
from typing import Final

from django.core.management import CommandError

FORK: Final = multiprocessing.get_context("fork")
"""A child goes on from where this process is: what is loaded, it has loaded."""


def run_apart(run: Callable[[], object]) -> None:
    """Run something in a forked process: what it loads and leaves ends with that.

    It must have no connections that two processes cannot share.

    Raises:
        CommandError: it raised this one, or ended otherwise than by returning; then
            its traceback has been shown.
    """
    receiver, sender = FORK.Pipe(duplex=False)

    def attempt() -> None:
        try:
            run()
        except CommandError as error:
            sender.send(str(error))

    with receiver:
        process = FORK.Process(target=attempt)
        process.start()
        sender.close()
        try:
            refusal: str | None = receiver.recv()
        except EOFError:
            refusal = None
        process.join()
    if refusal is not None:
        raise CommandError(refusal)
    if process.exitcode != 0:
        raise CommandError("The service could not be prepared; the lines above say why")
