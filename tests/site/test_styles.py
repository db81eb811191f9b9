"""The style sheets: one file has all colours, and its pairs can be read."""

import re
from itertools import product
from pathlib import Path

import pytest
from django.contrib import admin

FOLDER = Path("noising/static/noising/css")
THEME = (FOLDER / "theme.css").read_text(encoding="utf-8")
SHEETS = [
    *(path for path in sorted(FOLDER.glob("*.css")) if path.name != "theme.css"),
    FOLDER.parent / "admin.css",
]
DJANGO = Path(*admin.__path__, "static/admin/css/base.css").read_text(encoding="utf-8")
LITERALS = re.compile(
    r"#[0-9a-f]{3,8}\b(?=[^{]*[;}])"  # not the id of an element in a selector
    r"|\b(?:rgba?|hsla?|oklch|light-dark)\("
    r"|(?:color|background|border|outline|fill|stroke)[\w-]*:[^;]*\b(?:white|black)\b"
    r"|font-size:\s*[\d.]+(?:px|rem)"
    r"|font-family:(?!\s*(?:var|inherit))",
    re.IGNORECASE,
)
TEXTS = ("--text", "--muted", "--accent", "--good", "--bad", "--warn")
GROUNDS = ("--ground", "--surface", "--sunken", "--paper")
ON_THEIR_OWN = [
    ("--button-text", "--button"),
    ("--button-text", "--accent"),
    *((f"--{name}", f"--{name}-soft") for name in ("accent", "good", "bad", "warn")),
    *(("--text", f"--{name}-soft") for name in ("accent", "good", "bad", "warn")),
    ("--text", "--token-noised"),
    *product(
        ("--token-critical", "--token-variable"),
        ("--surface", "--ground", "--token-noised", "--accent-soft"),
    ),
]
READABLE, DISCERNIBLE = 4.5, 3.0  # WCAG 2, 1.4.3 and 1.4.11


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_style_sheet_takes_colours_sizes_and_fonts_from_the_theme(
    sheet: Path,
) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [match.group() for match in LITERALS.finditer(text)] == []
    given = THEME + text + (DJANGO if sheet.name == "admin.css" else "")
    defined = set(re.findall(r"^\s*(--[\w-]+):", given, re.MULTILINE))
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= defined


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_pair_of_colours_has_the_contrast_of_wcag_aa(scheme: int) -> None:
    pairs = [(*pair, READABLE) for pair in [*product(TEXTS, GROUNDS), *ON_THEIR_OWN]]
    pairs += [(edge, on, DISCERNIBLE) for edge, on in product(["--edge"], GROUNDS[:2])]
    ratios = {
        (front, back): _contrast(_luminance(front, scheme), _luminance(back, scheme))
        / least
        for front, back, least in pairs
    }
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 1} == {}


def _luminance(name: str, scheme: int) -> float:
    found = re.search(rf"{name}: light-dark\((#\w+), (#\w+)\)", THEME)
    assert found, name
    digits = found.groups()[scheme][1:]
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
