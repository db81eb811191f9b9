"""What a figure's data becomes: a table, a program, a picture for LaTeX, sizes."""

import csv
import io
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from noising.curves import QUANTITIES
from noising.curves.labels import DIFFICULTY, SIGNAL, TIME, AxisLabel
from noising.plots import (
    WIDTHS,
    BarGroup,
    BarPanel,
    Coordinate,
    Curve,
    FigureData,
    Key,
    MapPanel,
    NoPgfError,
    Panel,
    ParallelPanel,
    draw_figure,
    plot_curves,
    render,
)
from noising.plots.drawing.pgf import escape_text

HOSTILE = (
    "$x^{unclosed$ \\frac",
    "_hidden",
    '"""\nimport os; os.abort()',
    "\\input{/etc/passwd} % & # ~ ^",
    "=HYPERLINK(1)",
)
X = np.linspace(0.0, 1.0, 6)
PANELS = {
    "curves": Panel(
        title=HOSTILE[0],
        x_label=TIME,
        y_label=SIGNAL,
        y_log=True,
        curves=[
            Curve(label=label, x=X, y=X**place, low=X - 0.1, high=X + np.pi / 100)
            for place, label in enumerate(HOSTILE)
        ]
        + [
            Curve(label="marks", x=X, y=X, kind="hollow marks", marker="D"),
            Curve(label="steps", x=X, y=np.where(X > 0.5, np.nan, X), kind="steps"),
        ],
    ),
    "standing": BarPanel(
        value_label="seconds",
        categories=["a", "b"],
        groups=[
            BarGroup(
                label="own",
                colour="#0072B2",
                values=np.array([1.0, np.nan]),
                low=np.array([0.5, np.nan]),
                high=np.array([1.5, np.nan]),
            )
        ],
    ),
    "lying": BarPanel(
        value_label="p",
        categories=HOSTILE,
        groups=[BarGroup(label="p", colour="#D55E00", values=np.logspace(-9, 0, 5))],
        is_horizontal=True,
        is_stacked=True,
        is_log=True,
        base=1.0,
        ends=(3.0, 1e-30),
        limit=1e-6,
    ),
    "parallel": ParallelPanel(
        coordinates=[
            Coordinate(label="kind", values=np.array([0.0, 1.0]), names=["x", "$y"]),
            Coordinate(label="size", values=np.array([1.0, 100.0]), log=True),
        ],
        names=["cosine", "linear"],
        is_on_front=np.array([True, False]),
    ),
}
MAP = MapPanel(
    label=SIGNAL, values=np.outer(X, X), num_timesteps=10, largest=1.0, title="map"
)
ALL = FigureData(
    title=HOSTILE[2],
    panels=[*PANELS.values(), MAP],
    columns=2,
    keys=[Key(label="95 % interval", kind="band")],
)
DRAWABLE_BY_TEX = FigureData(title=HOSTILE[3], panels=list(PANELS.values()), columns=2)


def test_the_program_draws_the_same_figure(tmp_path):
    layout = WIDTHS["two-columns"]
    script = tmp_path / "figure.py"
    program = render(ALL, "py", layout=layout).decode()
    assert program.endswith("figure.savefig('figure.pdf')\n")
    save = "('figure.png', dpi=80, metadata={'Software': None})"
    script.write_text(program.replace("('figure.pdf')", save))
    subprocess.run(
        [sys.executable, "-W", "error", script],
        cwd=tmp_path,
        env=os.environ | {"MPLBACKEND": "Agg"},
        check=True,
    )
    drawn = (tmp_path / "figure.png").read_bytes()
    assert drawn == render(ALL, "png", layout=layout, dpi=80)


def test_the_table_has_every_number_and_no_formula():
    rows = list(csv.DictReader(io.StringIO(render(ALL, "csv").decode())))
    [title] = {row["panel"] for row in rows if row["series"] == "marks"}
    assert title == HOSTILE[0]
    first = [row for row in rows if row["series"] == HOSTILE[1]]
    assert [float(row["x"]) for row in first] == X.tolist()
    assert [float(row["high"]) for row in first] == (X + np.pi / 100).tolist()
    steps = [row["y"] for row in rows if row["series"] == "steps"]
    assert steps[-1] == ""
    [named] = [row for row in rows if row["kind"] == "kind" and row["x"] == "1"]
    assert named["y"] == "$y"
    assert len([row for row in rows if row["panel"] == "map"]) == MAP.values.size
    cells = [cell for row in rows for cell in row.values()]
    assert "'=HYPERLINK(1)" in cells
    assert not any(re.match(r"[=@+]|-[^\d]", cell) for cell in cells)


def test_a_picture_for_latex_needs_no_tex_and_runs_none_of_its_texts(monkeypatch):
    monkeypatch.setenv("PATH", "")
    picture = render(DRAWABLE_BY_TEX, "pgf", layout=WIDTHS["one-column"]).decode()
    assert r"signal left \(\alpha(t)\)" in picture
    assert r"\(\mathrm{10^{-12}}\)" in picture
    assert r"\textbackslash{}input\{/etc/passwd\} \% \& \# " in picture
    commands = set(re.findall(r"\\([a-zA-Z]+)", picture.partition("\n")[2]))
    assert not commands & {"frac", "write", "include"}
    assert len(re.findall(r"\\input", picture)) == 1  # in the first line, a comment
    assert picture.count("{") - picture.count(r"\{") == picture.count(
        "}"
    ) - picture.count(r"\}")


def test_tex_prints_texts_as_they_are():
    assert escape_text("a_b 50% $5") == r"a\_b 50\% \$5"
    assert escape_text("é\N{MULTIPLICATION SIGN}") == r"é\ensuremath{\times}"
    assert escape_text("\u65e5") == "?"


def test_a_map_has_no_picture_for_latex():
    with pytest.raises(NoPgfError, match="PDF"):
        render(ALL, "pgf")


@pytest.mark.parametrize("figure_format", ["pgf", "csv", "py"])
def test_texts_have_the_same_bytes_again(figure_format):
    data = plot_curves([Curve(label="a", x=X, y=X)], title="T", x_label="", y_label="")
    assert render(data, figure_format) == render(data, figure_format)


@pytest.mark.parametrize(
    ("name", "points"), [("one-column", 234), ("two-columns", 486)]
)
def test_a_pdf_is_as_wide_as_the_column_and_embeds_truetype_fonts(name, points):
    data = plot_curves(
        [Curve(label="a", x=X, y=X)], title="T", x_label=TIME, y_label=""
    )
    document = render(data, "pdf", layout=WIDTHS[name])
    assert b"/MediaBox [ 0 0 %d " % points in document
    assert b"/FontFile2" in document
    assert b"/Type3" not in document


def test_labels_have_words_and_the_symbol_for_matplotlib_and_for_browsers():
    assert str(SIGNAL) == "signal left \U0001d6fc(\U0001d461)"
    assert SIGNAL.as_mathtext() == r"signal left $\alpha(t)$"
    assert str(DIFFICULTY) == (
        "difficulty \U0001d43b(\U0001d465\u2080 | \U0001d465\u209c) (nats per token)"
    )
    assert DIFFICULTY.as_mathtext(is_broken=True).endswith("\n(nats per token)")
    assert str(AxisLabel(words="share")) == "share"
    for quantity in QUANTITIES.values():
        words = re.findall(r"[a-z]+", str(quantity.y_label))
        assert not {"alpha", "sigma", "dsigma", "mid", "mathrm"} & set(words)


def test_a_label_that_is_longer_than_its_axis_has_two_lines():
    panel = Panel(y_label=DIFFICULTY, x_label=TIME, curves=[Curve(label="a", x=X, y=X)])
    data = FigureData(title="", panels=[panel])
    [narrow] = draw_figure(data, WIDTHS["one-column"]).axes
    [wide] = draw_figure(data, WIDTHS["two-columns"]).axes
    assert narrow.get_ylabel() == DIFFICULTY.as_mathtext(is_broken=True)
    assert wide.get_ylabel() == DIFFICULTY.as_mathtext()
