import subprocess
import sys
import threading
import warnings
import xml.etree.ElementTree as ElementTree
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from noising.plots import (
    WIDTHS,
    Curve,
    Panel,
    draw_figure,
    plot_alpha,
    plot_curves,
    plot_difficulty,
    plot_information,
    plot_panels,
    plot_preservation,
    plot_throughput,
    plot_tradeoffs,
    render,
)
from noising.plots.drawing.style import MAX_LABEL, sanitize_label
from noising.plots.palette import select_curve_style

SCHEDULES = ("cosine", "linear", "uniform")
TIMESTEPS = (0, 50, 99)
DOCUMENT_FIGURES = (
    plot_alpha,
    plot_information,
    plot_preservation,
    plot_throughput,
)
STRANGE_LABELS = (
    "$x^{unclosed$ \\frac",
    "_hidden",
    "two\nlines\tand\x00control",
    "日本語",
    "\ud800 lone surrogate",
    "--> <script> &amp; ]]>",
    "w" * 500,
    "",
)


def curve(label="a", n=10, **kwargs):
    x = np.linspace(0.0, 1.0, n)
    return Curve(label=label, x=x, y=np.exp(-x), **kwargs)


def data_of(curves, **kwargs):
    return plot_curves(curves, title="T", x_label="t", y_label="alpha", **kwargs)


def figure_of(curves, **kwargs):
    return draw_figure(data_of(curves, **kwargs))


def legend_texts(figure):
    [legend] = figure.legends
    return [text.get_text().replace(r"\$", "$") for text in legend.get_texts()]


def value(x):
    return {"measured": x, "exact": x, "low": x - 0.01, "high": x + 0.01}


def results_document(schedules=SCHEDULES, kinds=("critical", "variable", "other")):
    alphas = np.linspace(1.0, 0.0, 100)
    entries = []
    for name in schedules:
        results = []
        for timestep in TIMESTEPS:
            alpha = float(alphas[timestep])
            metrics = {"preserved": value(alpha), "information_nats": value(alpha)}
            for kind in kinds:
                metrics[f"preserved_{kind}"] = value(alpha)
                metrics[f"hyperschedule_preserved_{kind}"] = value(alpha)
            results.append({"timestep": timestep, "alpha": alpha, "metrics": metrics})
        curves = {
            "timestep": list(range(100)),
            "alpha": alphas.tolist(),
            "information_nats": [None, *alphas.tolist()[1:]],
        }
        names = ("preserved", *(f"hyperschedule_preserved_{kind}" for kind in kinds))
        curves["preservation"] = {
            "timestep": [0, 99],
            **{key: [1.0, 0.0] for key in names},
        }
        baseline = name == "uniform"
        entries.append(
            {"name": name, "is_baseline": baseline, "curves": curves}
            | {"results": results}
        )
    timing = {
        "alpha": 0.5,
        "engine_ns_per_token": 2.0,
        "naive_ns_per_token": 8.0,
        "memcpy_ns_per_token": 0.2,
    }
    return {
        "schedules": entries,
        "corpus": {
            "name": "setmm",
            "type_counts": {
                kind: 5 if kind in kinds else 0
                for kind in ("critical", "variable", "other")
            },
        },
        "throughput": [
            {"rows": 1024, "length": 1024, **timing},
            {"rows": 1, "length": 65, **timing},
        ],
    }


@pytest.mark.parametrize("image_format", ["png", "svg", "pdf"])
@pytest.mark.parametrize("build", DOCUMENT_FIGURES)
def test_the_same_document_gives_the_same_bytes(build, image_format):
    first = render(build(results_document()), image_format, dpi=60)
    second = render(build(results_document()), image_format, dpi=60)
    assert first == second
    assert len(first) > 1000


@pytest.mark.parametrize(
    ("image_format", "signature"),
    [("png", b"\x89PNG\r\n"), ("svg", b"<?xml"), ("pdf", b"%PDF-")],
)
def test_each_format_is_what_it_says(image_format, signature):
    assert render(data_of([curve()]), image_format).startswith(signature)


@pytest.mark.parametrize("image_format", ["png", "svg", "pdf"])
def test_no_image_carries_a_date_or_a_version(image_format):
    image = render(data_of([curve()]), image_format)
    for word in (b"Date", b"Software", mpl.__version__.encode()):
        assert word not in image


def test_a_png_has_three_hundred_dots_per_inch_unless_told_otherwise():
    data = data_of([curve()])
    width = int(draw_figure(data).get_figwidth() * 300)
    header = render(data, "png")[16:20]
    assert int.from_bytes(header, "big") == width
    small = render(data, "png", dpi=100)[16:20]
    assert int.from_bytes(small, "big") == width // 3


def test_rendering_leaves_the_global_settings_alone():
    before = dict(mpl.rcParams)
    render(data_of([curve()]), "svg")
    assert dict(mpl.rcParams) == before


def test_threads_render_the_same_bytes_at_the_same_time():
    expected = render(data_of([curve()]), "svg")
    images = []

    def work():
        images.extend(render(data_of([curve()]), "svg") for _ in range(2))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert images == [expected] * 6


def test_neither_pyplot_nor_django_is_loaded():
    program = (
        "import sys, noising.plots;"
        "assert 'matplotlib' not in sys.modules; import noising.plots.drawing;"
        "print([m for m in sys.modules if m.startswith(('django', 'rest_framework'))"
        " or m == 'matplotlib.pyplot'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("label", STRANGE_LABELS)
@pytest.mark.parametrize("image_format", ["png", "svg", "pdf"])
def test_any_text_can_be_a_label(label, image_format):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = plot_curves([curve(label)], title=label, x_label=label, y_label=label)
        image = render(data, image_format)
    if image_format == "svg":
        ElementTree.fromstring(image)  # noqa: S314 - it is our own


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("plain", "plain"),
        ("costs $5 or $6", "costs $5 or $6"),
        ("_hidden", "_hidden"),
        ("a\n\tb", "a b"),
        ("日", "\N{REPLACEMENT CHARACTER}"),
        ("w" * 41, "w" * 39 + "…"),
        ("w" * 40, "w" * 40),
    ],
)
def test_labels_are_shown_literally_on_one_short_line(label, shown):
    assert sanitize_label(label) == shown
    assert len(sanitize_label(label * 100)) <= MAX_LABEL
    assert legend_texts(figure_of([curve(label)])) == [shown]


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    figure = figure_of([curve(n=100_000)])
    x = figure.axes[0].lines[0].get_xdata()
    assert len(x) == 2_000
    assert (x[0], x[-1]) == (0.0, 1.0)


def test_a_curve_of_two_thousand_points_is_drawn_as_it_is():
    assert len(figure_of([curve(n=2_000)]).axes[0].lines[0].get_xdata()) == 2_000


@pytest.mark.parametrize("y_log", [False, True])
def test_what_is_not_finite_leaves_a_gap(y_log):
    y = np.array([1.0, np.inf, -np.inf, np.nan, 0.0, 0.5])
    line = Curve(label="a", x=np.arange(6.0), y=y)
    drawn = figure_of([line], y_log=y_log).axes[0].lines[0].get_ydata()
    assert np.isnan(drawn).tolist() == [False, True, True, True, y_log, False]


def test_a_figure_without_curves_can_be_drawn():
    assert render(data_of([]), "png")


def test_thirty_five_curves_differ_in_colour_or_style():
    assert len({select_curve_style(index) for index in range(35)}) == 35


def test_more_curves_than_the_legend_holds_are_counted():
    texts = legend_texts(figure_of([curve(str(i)) for i in range(30)]))
    assert len(texts) == 19
    assert texts[-1] == "and 12 more"


def test_emphasis_makes_a_curve_thicker_and_puts_it_on_top():
    figure = figure_of([curve(emphasis=True), curve()])
    strong, weak = figure.axes[0].lines
    assert strong.get_linewidth() > weak.get_linewidth()
    assert strong.get_zorder() > weak.get_zorder()


# Linear-light matrices of Machado, Oliveira and Fernandes (2009) at full severity.
DEFICIENCIES = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_colours_stay_apart_for_the_colour_blind(deficiency):
    matrix = np.array(DEFICIENCIES[deficiency])
    colours = [np.array(to_rgb(select_curve_style(index)[0])) for index in range(7)]
    seen = [np.clip(matrix @ colour**2.2, 0.0, 1.0) ** (1 / 2.2) for colour in colours]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 0.1


def test_every_schedule_has_its_alpha_curve_and_the_baseline_is_named():
    figure = draw_figure(plot_alpha(results_document()))
    assert len(figure.axes[0].lines) == len(SCHEDULES)
    assert legend_texts(figure) == ["cosine", "linear", "uniform (baseline)"]


def test_information_shows_measured_marks_on_the_exact_curve():
    figure = draw_figure(plot_information(results_document()))
    [axes] = figure.axes
    bars = [drawn for drawn in axes.collections if len(drawn.get_segments()) == 3]
    assert len(bars) == len(SCHEDULES)
    assert np.isnan(axes.lines[0].get_ydata()[0])
    assert legend_texts(figure)[-1] == "measured, 95 % interval"


@pytest.mark.parametrize("count", [1, 3, 9])
@pytest.mark.parametrize("width", WIDTHS)
def test_preservation_has_a_panel_per_schedule_and_its_whole_legend(count, width):
    document = results_document([f"name {i}" for i in range(count)])
    figure = draw_figure(plot_preservation(document), WIDTHS[width])
    assert len(figure.axes) == count
    figure.draw_without_rendering()
    [legend] = figure.legends
    box = legend.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1
    assert box.y1 <= min(axes.get_tightbbox().y0 for axes in figure.axes)


def test_a_schedule_looks_the_same_in_every_figure_and_shares_span_0_to_1():
    looks = [
        (line.get_color(), line.get_linestyle())
        for names in (["cosine", "linear", "uniform"], ["linear", "cosine"])
        for line in draw_figure(plot_alpha(results_document(names))).axes[0].lines
    ]
    assert looks[:2] == looks[:2:-1]
    [axes] = draw_figure(plot_alpha(results_document())).axes
    assert axes.get_ylim() == (-0.03, 1.03)


def test_preservation_leaves_out_types_that_the_corpus_lacks():
    figure = draw_figure(plot_preservation(results_document(kinds=("other",))))
    assert legend_texts(figure)[:2] == ["all, no hyperschedule", "other"]
    assert len(legend_texts(figure)) == 4


def test_preservation_marks_are_filled_with_and_hollow_without_hyperschedule():
    axes = draw_figure(plot_preservation(results_document(kinds=("other",)))).axes[0]
    faces = [
        line.get_markerfacecolor()
        for line in axes.lines
        if isinstance(line, Line2D) and line.get_marker() == "o"
    ]
    assert len(faces) == 2
    assert faces.count("white") == 1


def test_throughput_keeps_batches_and_single_calls_apart():
    figure = draw_figure(plot_throughput(results_document()))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [
        f"{rows} \N{MULTIPLICATION SIGN} {length} tokens"
        for rows, length in ((1024, 1024), (1, 65))
    ]


def test_throughput_without_cases_is_an_empty_figure():
    document = results_document() | {"throughput": []}
    assert render(plot_throughput(document), "png", dpi=50)


def panel(labels, **options):
    curves = [curve(label, n=5) for label in labels]
    return Panel(title="T", y_label="y", curves=curves, **options)


@pytest.mark.parametrize(
    ("count", "grid"), [(1, (1, 1)), (2, (1, 2)), (3, (2, 2)), (8, (4, 2))]
)
def test_panels_stand_two_in_a_row_above_one_legend(count, grid):
    panels = [panel(["a", "b"]) for _ in range(count)]
    figure = draw_figure(plot_panels(panels, x_label="t", shares_axes=True))
    assert len(figure.axes) == count
    assert figure.axes[0].get_gridspec().get_geometry() == grid
    assert legend_texts(figure) == ["a", "b"]
    named = [axes.get_xlabel() for axes in figure.axes]
    lowest = min(2, count)
    assert named == [""] * (count - lowest) + ["t"] * lowest
    for axes in figure.axes:
        assert axes.get_legend() is None


def test_a_curve_looks_the_same_in_every_panel():
    figure = draw_figure(plot_panels([panel(["a", "b"])] * 3, x_label="t"))
    looks = [
        [(line.get_color(), line.get_linestyle()) for line in axes.lines]
        for axes in figure.axes
    ]
    assert looks[0] == looks[1] == looks[2]
    assert len(set(looks[0])) == 2


@pytest.mark.parametrize("image_format", ["svg", "png", "pdf"])
def test_panels_without_values_and_with_strange_labels_are_drawn(image_format):
    nothing = Curve(label="a", x=np.arange(3.0), y=np.full(3, np.nan))
    empty = Panel(title="T", y_label="y", y_log=True, curves=[nothing] * 8)
    strange = panel(STRANGE_LABELS, y_log=True)
    with warnings.catch_warnings(action="error"):
        assert render(plot_panels([strange, empty], x_label="t"), image_format)


def test_a_legend_of_long_names_stays_within_the_figure():
    labels = [f"{index}-{'w' * 38}" for index in range(8)]
    figure = draw_figure(plot_panels([panel(labels)], x_label="t"))
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1


@pytest.mark.parametrize(("count", "marked"), [(1, 1), (32, 32), (33, 0)])
def test_measured_points_are_marked_where_they_are_few(count, marked):
    x = np.arange(float(count))
    measured = Curve(label="a", x=x, y=x, low=x - 1.0, high=x + 1.0)
    [axes] = draw_figure(
        plot_panels([Panel(title="T", y_label="y", curves=[measured])], x_label="t")
    ).axes
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert sum(len(line.get_xdata()) for line in dots) == marked
    whiskers = [
        path
        for drawn in axes.collections
        for path in drawn.get_paths()
        if len(path.vertices) == 2
    ]
    assert len(whiskers) == marked


def decided(error):
    part = {"time": [0.1, 1.0], "nats": [0.02, 2.0], "information_wasted": 0.2}
    part |= {"nats_standard_error": error and [error, error]}
    reader = {"bigram": part | {"standard_error": error or 0.0}}
    weights = {"variance": {"uniform": 1.5}}
    return {
        "verdict": {"reader": "bigram"},
        "schedules": [
            {"name": "linear", "readers": reader, "weights": weights}
            | {"is_efficient": True}
        ],
    }


def test_what_rows_were_drawn_for_has_intervals_of_95_percent():
    [line] = plot_difficulty(decided(0.1)).panels[0].curves
    assert line.low.tolist() == pytest.approx([0.0, 2.0 - 0.196])
    assert line.high.tolist() == pytest.approx([0.216, 2.196])
    [mark] = plot_tradeoffs(decided(0.01)).panels[0].curves
    assert [*mark.x_low, *mark.x_high] == pytest.approx([18.04, 21.96])
    for plot in (plot_difficulty, plot_tradeoffs):
        assert "95 % intervals" in plot(decided(0.1)).note
        exact = plot(decided(None))
        assert "exact" in exact.note
        assert exact.panels[0].curves[0].low is exact.panels[0].curves[0].x_low is None
