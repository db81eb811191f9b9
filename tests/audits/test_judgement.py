"""Uploads that are no pairs, each refused before it costs anything."""

import io
import struct
import tempfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from noising.audits import Claims, PairsError, PairsTooLargeError, judge_file
from noising.audits.template import make_template
from noising.budget import BusyError, TooCostlyError, WorkSemaphore
from noising.engine import EngineError, build_process
from tests.audits import CLAIM, npz, pairs

PROCESS = build_process(CLAIM)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go; nothing may stay there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def judge(content: bytes, suffix: str = ".npz", process: Any = PROCESS, **claims: Any):
    semaphore = claims.pop("semaphore", WorkSemaphore(1))
    return judge_file(
        content=content,
        suffix=suffix,
        process=process,
        claims=Claims(**claims),
        semaphore=semaphore,
    )


def header_of(shape: tuple[int, ...], descr: str = "<i8", *, pad: int = 0) -> bytes:
    """Return an .npy file without its data."""
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + bytes(pad)


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def pickled() -> bytes:
    file = io.BytesIO()
    np.savez(file, x0=np.array([[{}]], dtype=object), xt=np.zeros((1, 1), np.int64))
    return file.getvalue()


def small_zip_of_zeros() -> bytes:
    zeros = header_of((1024, 4096), "<u2", pad=1024 * 4096 * 2)
    return zipped(x0=zeros, xt=zeros)


def lying_zip() -> bytes:
    """Return an archive whose directory declares a smaller member than there is."""
    content = bytearray(zipped(x0=header_of((2, 2), pad=32), xt=header_of((2, 2))))
    where = content.rindex(b"PK\x01\x02")
    content[where + 24 : where + 28] = struct.pack("<I", 7)
    return bytes(content)


def damaged() -> bytes:
    """Return an archive with compressed data that zlib cannot read."""
    content = bytearray(npz(**pairs(1024, 32)))
    middle = len(content) // 4
    noise = np.random.default_rng(0).integers(0, 256, 4096, dtype=np.uint8)
    content[middle : middle + noise.size] = noise.tobytes()
    return bytes(content)


RIGHT = pairs(4, 8)
REFUSALS: dict[str, tuple[bytes, str, str]] = {
    "no archive": (b"x0,xt\n1,2\n", ".npz", "is not an .npz file"),
    "nothing": (b"", ".npz", "is not an .npz file"),
    "pickle": (pickled(), ".npz", "must hold numbers, is object"),
    "compressed too much": (small_zip_of_zeros(), ".npz", "compressed more than"),
    "truncated": (npz(**RIGHT)[:-40], ".npz", "is not an .npz file"),
    "another name": (npz(**RIGHT, tokens=1), ".npz", "has 'tokens'"),
    "no xt": (npz(x0=RIGHT["x0"]), ".npz", "must hold `xt`"),
    "a shape that lies": (
        zipped(x0=header_of((2**40, 2**18)), xt=header_of((2, 2), pad=32)),
        ".npz",
        "does not have the size",
    ),
    "a directory that lies": (lying_zip(), ".npz", "is not an .npz file"),
    "damaged data": (damaged(), ".npz", "is damaged"),
    "other shapes": (npz(x0=np.zeros((2, 3)), xt=np.zeros((3, 2))), ".npz", "[2, 3]"),
    "no safetensors": (b"\xff" * 64, ".safetensors", "is not a .safetensors file"),
    "truncated tensors": (
        save({k: np.ascontiguousarray(v) for k, v in RIGHT.items()})[:-8],
        ".safetensors",
        "is not a .safetensors file",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_no_file_of_pairs_is_refused_cheaply(name: str, folder: Path) -> None:
    content, suffix, reason = REFUSALS[name]
    tracemalloc.start()
    with pytest.raises(PairsError) as raised:
        judge(content, suffix)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reason in str(raised.value)
    assert str(raised.value).startswith("The file ")
    assert str(folder) not in str(raised.value)
    assert list(folder.iterdir()) == []
    assert peak < 2**20 + 4 * len(content)


def test_a_claim_that_is_not_valid_is_the_engines_error(folder: Path) -> None:
    with pytest.raises(EngineError, match="must be below"):
        judge(npz(**RIGHT), low=0.5, high=0.5)
    with pytest.raises(EngineError) as raised:
        judge(npz(**RIGHT | {"t": np.full(4, 2.0)}))
    assert raised.value.field == "t"
    assert list(folder.iterdir()) == []


def test_too_many_pairs_are_refused_by_their_header(settings, folder: Path) -> None:
    settings.MAX_AUDIT_TOKENS = 31
    with pytest.raises(PairsTooLargeError, match="32 pairs of tokens; at most 31"):
        judge(npz(**RIGHT))
    assert list(folder.iterdir()) == []


def test_an_audit_that_takes_long_is_refused(settings) -> None:
    settings.MAX_WORK_SECONDS = 0.01
    rates = np.ones((50, 50)) - 50 * np.eye(50)
    graph = {"type": "rate_matrix", "rates": rates.tolist()}
    matrix = build_process({"vocab_size": 50, "graph": graph})
    t = np.linspace(0.01, 1.0, 32).reshape(4, 8)
    with pytest.raises(TooCostlyError, match="a time for each token"):
        judge(npz(**RIGHT | {"t": t}), process=matrix)
    assert judge(npz(**RIGHT)).tokens == 32


def test_only_so_many_audits_run_at_once(settings) -> None:
    semaphore = WorkSemaphore(1)
    large = npz(**pairs(4096, 64))
    with semaphore.permit(1.0), pytest.raises(BusyError):
        judge(large, semaphore=semaphore)


@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
def test_the_template_passes(graph: str) -> None:
    process = build_process({"graph": {"type": graph}})
    report = judge(make_template(process), process=process)
    assert (report.verdict, report.rows) == ("passed", 256)
