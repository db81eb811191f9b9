"""noising replay: makes rows of a training run again from its manifest."""

import argparse
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noising.arguments import integer
from noising.command.output import print_json, print_text
from noising.command.specifications import read_argument
from noising.command.tokens import Tokens, read_tokens
from noising.command.usage import (
    FINE,
    FOUND_WRONG,
    CommandLineError,
    check_standard_input,
    check_target,
    describe_file,
    write_target,
)
from noising.engine import EngineError
from noising.extras import require_extra
from noising.replay import (
    FORMS,
    DataFileError,
    Manifest,
    Replayed,
    find_files,
    find_step_ids,
    read_manifest,
    replay,
)

HELP: Final = "make the rows of a training step again"
DESCRIPTION: Final = (
    "Make rows of a training run again, with their noise, times and weights, from the "
    "manifest that Noiser.manifest() returned. Data files may be: "
    f"{FORMS}. The exit code is 1 if a data file has changed since."
)
ARRAYS, TENSORS = ".npz", ".safetensors"

_LIST: Final = re.compile(r"\s*[0-9]+\s*(,\s*[0-9]+\s*)*", re.ASCII)
_MAX_DIGITS: Final = 19


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "manifest",
        metavar="MANIFEST",
        help="a JSON file with a manifest; - for the standard input",
    )
    rows = parser.add_mutually_exclusive_group(required=True)
    rows.add_argument(
        "--step",
        type=integer,
        metavar="N",
        help="the rows of a step of the epoch, from 0, for a run that takes rows in "
        "the order of the data files",
    )
    rows.add_argument(
        "--ids",
        metavar="A,B|FILE",
        help="the rows with these ids, their numbers in all data files: a list, or a "
        "file with ids (text or .npy; - for the standard input)",
    )
    parser.add_argument(
        "--rank",
        type=integer,
        metavar="R",
        help="with --step, the rows of one process (default: of all)",
    )
    parser.add_argument(
        "--epoch",
        "--draw",
        dest="draw",
        type=integer,
        default=0,
        metavar="E",
        help="the epoch, which is the draw of the noise (default: %(default)s)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="the folder of the data files' relative paths (default: the current one)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"file for the arrays, {ARRAYS}, or {TENSORS} with the extra `client`",
    )


def run(options: argparse.Namespace) -> int:
    """Write the rows, or print them as JSON."""
    check_standard_input(options.manifest, options.ids)
    if options.rank is not None and options.step is None:
        raise CommandLineError("--rank is for --step")
    if options.out is None and not options.json:
        raise CommandLineError("name a file for the arrays with --out, or pass --json")
    _check_out(options.out)
    manifest = _load_manifest(options.manifest)
    try:
        ids = _find_ids(manifest, options)
        changed = _find_changes(manifest, ids, options.folder)
        if changed:
            _report_changes(changed, as_json=options.json)
            return FOUND_WRONG
        replayed = replay(manifest, ids, draw=options.draw, folder=options.folder)
    except DataFileError as error:
        raise CommandLineError(str(error)) from error
    arrays = replayed.as_arrays()
    if options.out is not None:
        write_target(options.out, _encode(arrays, options.out.suffix))
    if options.json:
        print_json(_document(manifest, replayed, arrays, options.out))
    else:
        count, length = replayed.x0.shape
        print_text(
            f"{options.out}: {count} rows of {length} tokens, draw {options.draw}"
        )
    return FINE


def _check_out(path: Path | None) -> None:
    """Check before the work starts that the arrays can be written.

    Raises:
        MissingExtraError: safetensors is not installed, and needed.
        CommandLineError: the file has an unknown extension or cannot be created.
    """
    if path is None:
        return
    if path.suffix not in (ARRAYS, TENSORS):
        rule = f"the name of the file must end with {ARRAYS} or {TENSORS}"
        raise CommandLineError(f"{path}: {rule}")
    if path.suffix == TENSORS:
        with require_extra("client", user=f"--out with {TENSORS}"):
            import safetensors.numpy  # noqa: F401 - fails if the extra is missing
    check_target(path)


def _load_manifest(path: str) -> Manifest:
    try:
        return read_manifest(read_argument(path))
    except FileNotFoundError as error:
        raise CommandLineError(f"{path}: cannot be read: {error.strerror}") from error
    except EngineError as error:
        raise CommandLineError(f"{describe_file(path)}: {error}") from error


def _find_ids(manifest: Manifest, options: argparse.Namespace) -> Tokens:
    if options.step is not None:
        return find_step_ids(manifest, options.step, options.rank)
    if not _LIST.fullmatch(options.ids):
        return read_tokens(options.ids)
    numbers = [number.strip() for number in options.ids.split(",")]
    if max(map(len, numbers)) > _MAX_DIGITS:
        raise CommandLineError(f"--ids must have at most {_MAX_DIGITS} digits each")
    return np.array([int(number) for number in numbers], np.uint64)


Change: TypeAlias = tuple[Path, str, str]


def _find_changes(manifest: Manifest, ids: Tokens, folder: Path) -> list[Change]:
    """Return the files of some rows whose SHA-256 is not that of the manifest."""
    files = find_files(manifest, ids)
    return [change for each in files for change in each.find_changes(folder)]


def _report_changes(changes: Sequence[Change], *, as_json: bool) -> None:
    if as_json:
        names = ("path", "manifest_sha256", "file_sha256")
        rows = [dict(zip(names, map(str, change), strict=True)) for change in changes]
        print_json({"changed": rows})
        return
    for path, expected, found in changes:
        print_text(f"{path}: has changed since the manifest was written")
        print_text(f"    SHA-256 {found}, in the manifest {expected}")


def _encode(arrays: Mapping[str, NDArray[Any]], suffix: str) -> bytes:
    if suffix == TENSORS:
        from safetensors.numpy import save

        content: bytes = save(dict(arrays))
        return content
    stream, named = io.BytesIO(), dict[str, Any](arrays)
    np.savez(stream, **named)
    return stream.getvalue()


def _document(
    manifest: Manifest,
    replayed: Replayed,
    arrays: Mapping[str, NDArray[Any]],
    out: Path | None,
) -> dict[str, Any]:
    """Return what was replayed; the arrays are in it if they are in no file."""
    rows, length = replayed.x0.shape
    return {
        "fingerprint": manifest.process.fingerprint,
        "seed": manifest.seed,
        "draw": replayed.draw,
        "rows": rows,
        "length": length,
        **({"out": str(out)} if out is not None else arrays),
    }
