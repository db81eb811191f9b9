"""Assign tests to processes, and order them.

`--dist loadfile` runs the tests of a file in one process, files in the order of their
tests. pytest-django puts tests with a database before all others whatever the command
line says, and so the slowest folders at the end, where one process would be left alone.
"""

import os
from pathlib import PurePath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

SLOWEST = ("tests/operations", "tests/browser", "tests/package")
"""They come first. Each runs in one process: its tests share servers."""


def unit(path: str) -> str:
    """Return what one process runs, of which a file is a part."""
    whole = (folder for folder in SLOWEST if PurePath(path).is_relative_to(folder))
    return next(whole, path)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    last = len(SLOWEST)
    ranks = {folder: rank for rank, folder in enumerate(SLOWEST)}
    items.sort(key=lambda item: ranks.get(unit(file_of(item.nodeid)), last))


def pytest_xdist_auto_num_workers() -> int:
    """Return one process more than cores: the first of `SLOWEST` mostly waits."""
    return len(os.sched_getaffinity(0)) + 1


def file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


class Scheduling(LoadFileScheduling):
    """`--dist loadfile`, but with the slowest folders whole."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(file_of(nodeid))


def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Producer
) -> Scheduling | None:
    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None
