import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.operations.servers import ROOT, Server, environment

pytestmark = pytest.mark.browser

SHOWN = re.compile(r"!\[[^\]]+\]\(docs/images/(\w+)\.png\)")
HEAVIEST_BYTES = 150_000


def names(folder: Path) -> set[str]:
    return {picture.stem for picture in folder.glob("*.png")}


@pytest.mark.timeout(300, func_only=True)  # the script has 240
@pytest.mark.usefixtures("browser")  # it is skipped where there is none
def test_the_pictures_of_the_tour_are_taken_by_a_script(
    server: Server, tmp_path: Path
) -> None:
    origin = f"http://127.0.0.1:{server.port}"
    subprocess.run(
        [sys.executable, "scripts/screenshots", origin, str(tmp_path)],
        cwd=ROOT,
        env=environment(),
        check=True,
        capture_output=True,
        timeout=240,
    )
    shown = set(SHOWN.findall((ROOT / "README.md").read_text()))
    assert shown
    assert names(tmp_path) == names(ROOT / "docs" / "images") == shown
    for picture in tmp_path.glob("*.png"):
        assert picture.stat().st_size <= HEAVIEST_BYTES
        with Image.open(picture) as image:
            assert image.size == (1280, 800)
            colours = image.convert("RGB").getcolors(1 << 20)
        assert colours is not None
        assert len(colours) > 30, f"{picture.name} shows next to nothing"
