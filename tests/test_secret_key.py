"""The secret key's file."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from noising.secret_key import (
    FILE_NAME,
    SecretKeyError,
    ensure_secret_key,
    read_secret_key,
)


def test_reading_finds_nothing_and_writes_nothing(tmp_path):
    folder = tmp_path / "var"
    assert read_secret_key(folder) is None
    assert not folder.exists()


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    folder = tmp_path / "var"
    key = ensure_secret_key(folder)
    assert len(key) >= 50
    assert ensure_secret_key(folder) == read_secret_key(folder) == key
    assert stat.S_IMODE((folder / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]


def test_processes_that_start_at_once_end_with_the_same_key(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(ensure_secret_key, [tmp_path / "var"] * 64))
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "var").iterdir()] == [FILE_NAME]


def test_a_process_that_comes_second_takes_the_first_ones_key(tmp_path, monkeypatch):
    first = ensure_secret_key(tmp_path)
    answers = iter([None])
    monkeypatch.setattr(
        "noising.secret_key.read_secret_key",
        lambda folder: next(answers, read_secret_key(folder)),
    )
    assert ensure_secret_key(tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_an_empty_key_is_refused(tmp_path):
    (tmp_path / FILE_NAME).write_text(" \n")
    with pytest.raises(SecretKeyError, match="empty"):
        ensure_secret_key(tmp_path)


def test_a_key_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(SecretKeyError, match="cannot be read"):
        read_secret_key(tmp_path)
