import hashlib
import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "noising" / "static" / "vendor"
ROW = re.compile(
    r"^\| `(?P<file>[^`]+)` \| (?P<version>[\d.]+) \| (?P<licence>\S+) \| .+ \| "
    r"`(?P<sha256>[0-9a-f]{64})` \|$",
    re.MULTILINE,
)


def table() -> dict[str, re.Match[str]]:
    rows = ROW.finditer((FOLDER / "README.md").read_text())
    return {row["file"]: row for row in rows}


def test_every_file_of_others_stands_in_the_table_as_it_was_published() -> None:
    files = {
        path.relative_to(FOLDER).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in FOLDER.rglob("*")
        if path.is_file() and path.name != "README.md"
    }
    assert files == {file: row["sha256"] for file, row in table().items()}


def test_every_package_comes_with_its_licence_which_the_notice_names() -> None:
    notice = (FOLDER.parents[2] / "NOTICE").read_text()
    packages = {file.split("/")[0] for file in table()}
    assert packages
    for package in packages:
        assert (FOLDER / package / "LICENSE").is_file()
        assert f"noising/static/vendor/{package}" in notice
