"""The page of a decision: one HTML file with all that it shows, for any browser."""

import base64
import html
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from noising import __version__
from noising.command.decision import list_weights
from noising.decision import BATCH, METHODS

Document = Mapping[str, Any]

_MOST_RANGES: Final = 6
_LONGEST_INDENTED: Final = 20_000

_STYLE: Final = """
:root { color-scheme: light dark; --text: #15191b; --muted: #596164; --ground: #fbfbf9;
  --line: #e1e3df; --soft: #f3f4f1; --accent: #00606b; }
@media (prefers-color-scheme: dark) { :root { --text: #e5e9e9; --muted: #9ba5a8;
  --ground: #0d1011; --line: #282e31; --soft: #1a1f22; --accent: #62c6d1; } }
body { font: 15px/1.5 "Source Sans 3", "Segoe UI", "Noto Sans", system-ui, sans-serif;
  color: var(--text); background: var(--ground); max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.375rem; } h2 { font-size: 1rem; margin-top: 2rem; padding-top: 1rem;
  border-top: 1px solid var(--line); }
.verdict { padding: .75rem 1rem; border: 1px solid var(--line);
  border-left: 3px solid var(--accent); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; }
caption, figcaption { text-align: left; color: var(--muted); padding: .3rem 0; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
  text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th:first-child, td.text { text-align: left; }
figure { margin: 1rem 0; } img { max-width: 100%; background: #fff; }
pre { overflow-x: auto; padding: .8rem; background: var(--soft); }
"""


def format_page(document: Document, *, command: str) -> str:
    """Return the page.

    Args:
        document: a comparison with its `decision`.
        command: the command that repeats it.
    """
    decision = document["decision"]
    names = ", ".join(entry["name"] for entry in decision["schedules"])
    title = f"Which schedule: {names}"
    parts = [
        f"<h1>{_text(title)}</h1>",
        f'<p class="verdict">{_text(decision["verdict"]["text"])}</p>',
        _describe_corpus(decision["corpus"]),
        _warn_of_graphs(decision),
        "<h2>Information wasted</h2>",
        _tabulate_waste(decision),
        "<h2>Loss weights</h2>",
        _tabulate_weights(decision),
        "<h2>Plots</h2>",
        *_draw(decision),
        "<h2>Differences</h2>",
        _tabulate_differences(document),
        "<h2>Specifications</h2>",
        *_show_specifications(decision),
        "<h2>Repeat it</h2>",
        f'<pre tabindex="0">{_text(command)}</pre>',
        f"<p>noising {_text(__version__)}, NumPy {_text(np.__version__)}</p>",
    ]
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _describe_corpus(corpus: Document) -> str:
    shared = corpus["used_ids"] - corpus["classes"] + 1
    cut = (
        f"It knows {corpus['classes'] - 1:,} frequent ids, and reads the other "
        f"{shared:,} as one class."
        if shared > 1
        else "It knows each id."
    )
    return (
        f"<p>The corpus has {corpus['tokens']:,} tokens in {corpus['rows']:,} rows, "
        f"and uses {corpus['used_ids']:,} of {corpus['vocab_size']:,} ids. The unigram "
        "reader knows how often each id occurs "
        f"({corpus['unigram_nats']:.3f} nats per token), the bigram reader also which "
        f"id follows which ({corpus['bigram_nats']:.3f} nats). {cut}</p>"
    )


def _warn_of_graphs(decision: Document) -> str:
    graphs = [entry["specification"]["graph"] for entry in decision["schedules"]]
    if all(graph == graphs[0] for graph in graphs):
        return ""
    return (
        "<p>The graphs differ. The verdict only says how evenly the timesteps are "
        "used, not which graph a model learns best.</p>"
    )


def _tabulate_waste(decision: Document) -> str:
    rows = []
    for entry in decision["schedules"]:
        for reader, of in entry["readers"].items():
            if "missing" in of:
                rows.append([entry["name"], reader, "-", "-", "-", of["missing"]])
                continue
            error = f"{200.0 * of['standard_error']:.1f}"
            rows.append(
                [
                    entry["name"],
                    reader,
                    f"{100.0 * of['information_wasted']:.1f}",
                    "exact" if of["replicates"] is None else error,
                    f"{of['wasted_timesteps']:,} of {entry['num_timesteps']:,}",
                    _list_ranges(of["wasted_ranges"]),
                ]
            )
    header = ["schedule", "reader", "wasted, %", "±", "wasted timesteps", "where"]
    caption = (
        "Information wasted: the share of the timesteps that an even schedule would "
        "not need; ± is two standard errors of the rows drawn. A timestep is wasted if "
        "it loses less than a tenth of an even share of the information."
    )
    return _table(header, rows, caption, texts=(0, 1, 5))


def _list_ranges(ranges: Sequence[Sequence[int]]) -> str:
    shown = [f"{first} to {last}" for first, last in ranges[:_MOST_RANGES]]
    if len(ranges) > _MOST_RANGES:
        shown.append(f"and {len(ranges) - _MOST_RANGES} more")
    return ", ".join(shown) or "-"


def _tabulate_weights(decision: Document) -> str:
    rows = [
        [entry["name"], *map(_number, list_weights(entry))]
        for entry in decision["schedules"]
    ]
    caption = (
        "The weight of a row's loss: its variance over its squared mean for times "
        "drawn evenly, and the effective share of the samples by the method that draws "
        f"the times, in batches of {BATCH} rows of "
        f"{decision['corpus']['row_length']:,} tokens. Graphs given by a matrix and "
        "processes with a hyperschedule have no weight of a row."
    )
    return _table(["schedule", "variance", *METHODS], rows, caption, texts=(0,))


def _tabulate_differences(document: Document) -> str:
    names = [entry["name"] for entry in document["schedules"]]
    rows = [
        [
            place["path"],
            *(
                json.dumps(place["values"][name]) if name in place["values"] else "-"
                for name in names
            ),
        ]
        for place in document["differences"]
    ]
    if not rows:
        return "<p>The specifications are equal.</p>"
    caption = "Parameters in which the specifications differ."
    return _table(["parameter", *names], rows, caption, texts=(0,))


def _draw(decision: Document) -> Iterable[str]:
    from noising.plots import (
        plot_difficulty,
        plot_difficulty_by_position,
        plot_tradeoffs,
    )

    reader = decision["verdict"]["reader"]
    entries = decision["schedules"]
    if all("missing" not in entry["readers"][reader] for entry in entries):
        yield _figure(
            plot_difficulty(decision),
            "Denoising difficulty, H(x_0 | x_t), over time: what an ideal denoiser "
            "does not know about a token. An even schedule is a straight line.",
        )
    if any(entry["weights"] is not None for entry in entries):
        yield _figure(
            plot_tradeoffs(decision),
            "Information wasted against the variance of the loss weight.",
        )
    for entry in entries:
        is_flat = entry["specification"]["hyperschedule"] is None
        if is_flat or "missing" in entry["readers"][reader]:
            continue
        largest = decision["corpus"]["unigram_nats"]
        figure = plot_difficulty_by_position(entry, reader, largest=largest)
        yield _figure(
            figure,
            f"Denoising difficulty of {entry['name']} by position and timestep, for "
            f"the {reader} reader.",
        )


def _show_specifications(decision: Document) -> Iterable[str]:
    for entry in decision["schedules"]:
        specification = json.dumps(entry["specification"], indent=2)
        if len(specification) > _LONGEST_INDENTED:  # it has a long list
            specification = json.dumps(entry["specification"])
        yield (
            f"<h3>{_text(entry['name'])}</h3>\n"
            f'<pre tabindex="0">{_text(specification)}</pre>\n'
            f"<p>Fingerprint {_text(entry['fingerprint'])}</p>"
        )


def _figure(figure: Any, caption: str) -> str:
    from noising.plots import render

    image = base64.b64encode(render(figure, "svg")).decode()
    return (
        f'<figure><img alt="{_text(caption)}" src="data:image/svg+xml;base64,{image}">'
        f"<figcaption>{_text(caption)}</figcaption></figure>"
    )


def _table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    *,
    texts: Sequence[int],
) -> str:
    """Return a table whose first column names the rows.

    Args:
        header: names of the columns.
        rows: cells.
        caption: what the table shows.
        texts: columns that are aligned left.
    """
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in header)
    lines = []
    for row in rows:
        cells = [f'<th scope="row">{_text(row[0])}</th>']
        for place, cell in enumerate(row[1:], 1):
            kind = ' class="text"' if place in texts else ""
            cells.append(f"<td{kind}>{_text(cell)}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    body = "\n".join(lines)
    return (
        f'<div class="wide" tabindex="0"><table><caption>{_text(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _number(value: float | None) -> str:
    return "-" if value is None or not math.isfinite(value) else f"{value:.3g}"


def _text(text: str) -> str:
    return html.escape(text)
