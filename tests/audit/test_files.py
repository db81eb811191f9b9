"""Files of pairs: read in parts, and refused before anything is read."""

import io
import struct
import sys
import warnings
import zipfile

import numpy as np
import pytest

from noising.audit import files, pairs
from noising.audit.files import open_pairs
from noising.extras import MissingExtraError
from noising.replay import DataFileError
from tests.audit.faults import right_mask


def arrays():
    _, of = right_mask(np.random.default_rng(0))
    protect = np.zeros(64, bool)
    return {
        **of,
        "protect": protect,
        "lengths": np.full(2048, 64),
        "epoch": np.array(3),
    }


def save(path, given):
    if path.suffix == ".npz":
        np.savez_compressed(path, **given)
    elif path.suffix == ".safetensors":
        pytest.importorskip("safetensors.numpy").save_file(given, path)
    else:
        write_table({name: list(values) for name, values in given.items()}, path)


def write_table(columns, path):
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pytest.importorskip("pyarrow").table(columns), path)


@pytest.mark.parametrize("form", files.FORMS)
def test_parts_hold_all_rows_in_order(form, tmp_path, monkeypatch):
    monkeypatch.setattr(pairs, "CHUNK", 64 * 100)
    given = arrays()
    if form == ".parquet":
        del given["protect"], given["epoch"]
    path = tmp_path / f"pairs{form}"
    save(path, given)

    file = open_pairs(path)

    assert (file.rows, file.length) == (2048, 64)
    assert set(file.names) == set(given)
    parts = list(file.read())
    assert len(parts) == 21
    for name, values in given.items():
        if name in {"protect", "epoch"}:
            assert (parts[3][name] == values).all()
        else:
            assert (np.concatenate([part[name] for part in parts]) == values).all()


def npy(array, **changes):
    """Return the bytes of an .npy file whose header may lie."""
    file = io.BytesIO()
    header = np.lib.format.header_data_from_array_1_0(array) | changes
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + array.tobytes()


def pack(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)


X0 = np.zeros((4, 8), np.int64)
GOOD = [("x0.npy", npy(X0)), ("xt.npy", npy(X0))]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([], "must hold `x0`"),
        (GOOD[:1], "must hold `xt`"),
        ([*GOOD, ("noise.npy", npy(X0))], "must hold x0, xt, .* only, has 'noise'"),
        ([*GOOD, GOOD[0]], "must hold arrays once"),
        ([*GOOD, ("../t.npy", npy(X0))], "only, has '../t'"),
        ([*GOOD, ("t.txt", b"1")], "must hold arrays once, has 't.txt'"),
        ([("x0.npy", npy(X0, shape=(4, 9))), GOOD[1]], "size that it declares"),
        ([("x0.npy", npy(X0, shape=(1 << 40, 1 << 20))), GOOD[1]], "that it declares"),
        ([("x0.npy", npy(X0, fortran_order=True)), GOOD[1]], "stored by rows"),
        ([("x0.npy", npy(np.array([[1]], "O"))), GOOD[1]], "must hold numbers"),
        ([("x0.npy", npy(X0.astype("M8[s]"))), GOOD[1]], "must hold numbers"),
        ([("x0.npy", b"\x80\x04N."), GOOD[1]], "`x0` is no array"),
        ([("x0.npy", npy(X0.reshape(-1))), GOOD[1]], "must be \\(N, L\\)"),
        ([*GOOD, ("t.npy", npy(np.zeros(3)))], "`t` must be"),
    ],
)
def test_archives_that_are_not_pairs_are_refused(members, message, tmp_path):
    path = tmp_path / "pairs.npz"
    with warnings.catch_warnings(action="ignore"):  # of names that come twice
        pack(path, members)
    with pytest.raises(DataFileError, match=message):
        open_pairs(path)


def test_a_bomb_a_damaged_and_a_cut_archive_are_refused(tmp_path):
    path = tmp_path / "pairs.npz"
    big = np.zeros((1 << 12, 1 << 12), np.int64)
    pack(path, [("x0.npy", npy(big)), GOOD[1]], zipfile.ZIP_DEFLATED)
    with pytest.raises(DataFileError, match="compressed more than"):
        open_pairs(path)

    path.write_bytes(b"PK\x05\x06 no archive")
    with pytest.raises(DataFileError, match=r"is not an \.npz file"):
        open_pairs(path)

    given = np.arange(1 << 14).reshape(1 << 7, 1 << 7)
    pack(path, [("x0.npy", npy(given)), ("xt.npy", npy(given))])
    content = bytearray(path.read_bytes())
    content[5000] ^= 0xFF  # the checksum of x0 is wrong now
    path.write_bytes(content)
    with pytest.raises(DataFileError, match="damaged"):
        list(open_pairs(path).read())


def test_other_compressions_and_damaged_streams_are_refused(tmp_path):
    path = tmp_path / "pairs.npz"
    pack(path, GOOD, zipfile.ZIP_BZIP2)
    with pytest.raises(DataFileError, match="must be stored or deflated"):
        open_pairs(path)

    given = np.random.default_rng(0).integers(0, 100, (1 << 10, 1 << 7))
    pack(path, [("x0.npy", npy(given)), ("xt.npy", npy(given))], zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    content[100_000:100_100] = b"\xff" * 100  # within the stream of x0
    path.write_bytes(content)
    with pytest.raises(DataFileError, match="damaged"):
        list(open_pairs(path).read())


def test_safetensors_that_are_not_pairs_are_refused(tmp_path):
    numpy = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "pairs.safetensors"
    path.write_bytes(struct.pack("<Q", 1 << 40) + b"{}")
    with pytest.raises(DataFileError, match=r"is not a \.safetensors file"):
        open_pairs(path)
    numpy.save_file({"x0": X0, "xt": X0, "noise": X0}, path)
    with pytest.raises(DataFileError, match="only, has 'noise'"):
        open_pairs(path)
    header = b'{"x0":{"dtype":"BF16","shape":[1,1],"data_offsets":[0,2]}}'
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0\0")
    with pytest.raises(DataFileError, match=r"has BF16; convert it with \.float\(\)"):
        open_pairs(path)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"x0": [[1, 2], [3]], "xt": [[1, 2], [3, 4]]}, "rows of several lengths"),
        ({"x0": [[1, 2], None], "xt": [[1, 2], [3, 4]]}, "missing values"),
        ({"x0": [[1, 2]], "xt": [[1, 2]], "text": ["a"]}, "only, has 'text'"),
        ({"x0": [], "xt": []}, "at least one row"),
    ],
)
def test_tables_that_are_not_pairs_are_refused(columns, message, tmp_path):
    path = tmp_path / "pairs.parquet"
    write_table(columns, path)
    with pytest.raises(DataFileError, match=message):
        list(open_pairs(path).read())
    path.write_bytes(b"PAR1 no table")
    with pytest.raises(DataFileError, match=r"is not a \.parquet file"):
        open_pairs(path)


def test_other_files_and_missing_packages_are_named(tmp_path, monkeypatch):
    with pytest.raises(DataFileError, match=r"must be \.npz, .*numpy\.savez"):
        open_pairs(tmp_path / "pairs.csv")
    with pytest.raises(DataFileError, match="No such file"):
        open_pairs(tmp_path / "pairs.npz")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"noising\[corpus\]"):
        open_pairs(tmp_path / "pairs.parquet")
