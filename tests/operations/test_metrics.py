"""/metrics of a server: the sums over its processes, in a folder of its own."""

import re
from pathlib import Path
from typing import Any

import pytest

from noising.management import metrics_folder as module
from noising.management.metrics_folder import choose_parent, metrics_folder
from tests.operations.servers import Server, wait_for

NOISE: dict[str, Any] = {"tokens": [1, 2, 3], "timestep": 500}


def tokens_noised(server: Server) -> float:
    response = server.ask("GET", "/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    lines = response.body.decode().splitlines()
    [line] = [each for each in lines if each.startswith("noising_tokens_noised_total ")]
    return float(line.split()[1])


def test_the_metrics_are_those_of_all_processes(server: Server) -> None:
    server.both_workers()
    # The system shows what files a process has mapped.
    mapped = Path(f"/proc/{server.workers()[0]}/maps")
    pattern = r"(/\S+)/histogram_\d+\.db"
    wait_for(lambda: re.search(pattern, mapped.read_text()), lambda: "no metrics")
    [name] = set(re.findall(pattern, mapped.read_text()))
    folder = Path(name)
    files = {folder / f"counter_{pid}.db" for pid in server.both_workers()}
    before, sent = tokens_noised(server), 0

    def both_have_counted() -> bool:
        nonlocal sent
        server.ask("POST", "/noise", NOISE)  # on a connection of its own
        sent += len(NOISE["tokens"])
        return all(file.exists() for file in files)

    wait_for(both_have_counted, lambda: f"{sent} tokens went to one worker")
    wait_for(
        lambda: tokens_noised(server) >= before + sent,
        lambda: f"{tokens_noised(server) - before} tokens of {sent} are counted",
    )
    assert tokens_noised(server) == before + sent


def test_each_server_has_a_folder_and_deletes_those_of_killed_ones(
    tmp_path: Path,
) -> None:
    parent = tmp_path / "metrics"
    (parent / "killed").mkdir(parents=True)
    (parent / "killed" / "counter_1.db").touch()

    with metrics_folder(parent) as first, metrics_folder(parent) as second:
        assert {first, second} == set(parent.iterdir())
        assert first.stat().st_mode & 0o777 == 0o700
        assert list(first.iterdir()) == []

    assert list(parent.iterdir()) == []


def test_the_folder_is_in_memory_unless_that_is_not_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MEMORY", tmp_path)
    parent = choose_parent(tmp_path / "data")
    assert parent.parent == tmp_path
    assert parent.stat().st_mode & 0o777 == 0o700
    assert choose_parent(tmp_path / "data") == parent

    in_data_folder = tmp_path / "data" / "metrics"
    parent.chmod(0o777)
    assert choose_parent(tmp_path / "data") == in_data_folder
    parent.rmdir()
    parent.symlink_to(tmp_path)
    assert choose_parent(tmp_path / "data") == in_data_folder
    monkeypatch.setattr(module, "MEMORY", tmp_path / "none")
    assert choose_parent(tmp_path / "data") == in_data_folder
