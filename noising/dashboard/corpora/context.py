"""The data of the pages about a corpus: verdict, curves, facts, tokens."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from noising.dashboard import plots
from noising.dashboard.corpora.forms import ComparisonForm, NameForm
from noising.decision import FEW_TOKENS
from noising.engine.verdicts import format_ranges
from noising.figures import build_corpus_figure, list_corpus_figures, make_chart
from noising.models import BenchmarkRun, Corpus

SHOWN_RUNS: Final = 10

_VISIBLE: Final = str.maketrans({" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍"})
"""Characters for blanks, which stand at the beginning of many tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """What one schedule wastes, as text.

    Attributes:
        wasted: by the reader of the verdict, with two standard errors.
        by_unigram: the same by the unigram reader; "" if the verdict is by it.
        timesteps: number of wasted timesteps.
        ranges: where they are; "" if there are none.
        effective: share of the samples that a batch is worth.
        is_chosen: whether the verdict takes it.
        is_efficient: whether no other schedule beats it.
    """

    name: str
    wasted: str
    by_unigram: str
    timesteps: str
    ranges: str
    effective: str
    is_chosen: bool
    is_efficient: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineChart:
    """A chart whose data are in the page, because nothing is stored.

    Attributes:
        title: its title.
        data: the chart as JSON.
        points: times in percent, and the information left of each schedule there.
    """

    title: str
    data: str
    points: Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A frequent token, as text."""

    text: str
    token: int
    kind: str
    count: int
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAnalysis:
    """What is known about a corpus, as a page shows it."""

    verdict: str
    reader: str
    noise: str
    rows: Sequence[ScheduleRow]
    names: Sequence[str]
    facts: Sequence[tuple[str, str]]
    types: Sequence[tuple[str, int, str]]
    frequent: Sequence[TokenRow]
    has_texts: bool
    has_few_tokens: bool


def build_analysis(
    kind: str, tokenizer: str, summary: Mapping[str, Any], comparison: Mapping[str, Any]
) -> ShownAnalysis:
    """Return a summary and a comparison of a corpus as a page shows them."""
    verdict, entries = comparison["verdict"], comparison["schedules"]
    first = entries[0]
    frequent = [_show_token(each, summary["tokens"]) for each in summary["frequent"]]
    return ShownAnalysis(
        verdict=verdict["text"],
        reader=verdict["reader"],
        noise=f"the graph {first['specification']['graph']['type']}, "
        f"{first['num_timesteps']:,} timesteps",
        rows=[_show_schedule(entry, verdict) for entry in entries],
        names=[entry["name"] for entry in entries],
        facts=list(_list_facts(kind, tokenizer, summary).items()),
        types=[
            (name, count, _percent(count / summary["tokens"]))
            for name, count in (summary["type_counts"] or {}).items()
        ],
        frequent=frequent,
        has_texts=any(row.text for row in frequent),
        has_few_tokens=summary["tokens"] < FEW_TOKENS,
    )


def build_page(corpus: Corpus, form: ComparisonForm | None = None) -> dict[str, Any]:
    """Return the context of the page of a stored corpus.

    Args:
        corpus: the corpus.
        form: the form to compare other schedules, if it has errors.
    """
    initial = ComparisonForm.describe(corpus.comparison)
    runs = BenchmarkRun.objects.on_corpus(corpus.reference)
    return {
        "section": "data",
        "corpus": corpus,
        "shown": build_analysis(
            corpus.kind, corpus.tokenizer, corpus.summary, corpus.comparison
        ),
        "plots": [
            plots.make_corpus_plot(reader, corpus)
            for reader in list_corpus_figures(corpus.comparison)
        ],
        "form": form or ComparisonForm(initial=initial),
        "name_form": NameForm(initial={"name": corpus.name}),
        "runs": runs.for_list()[:SHOWN_RUNS],
    }


def list_losses(corpus: Corpus) -> list[str]:
    """Return what is lost with a corpus, and what becomes of the runs on it."""
    runs = BenchmarkRun.objects.on_corpus(corpus.reference)
    unfinished = runs.unfinished().count()
    ended = runs.count() - unfinished
    losses = [f"Its {corpus.tokens:,} tokens and the comparison on it are lost."]
    if ended:
        which = "1 run on it keeps" if ended == 1 else f"{ended:,} runs on it keep"
        losses.append(
            f"{which} the results, with the name and the SHA-256 of the corpus, but "
            "cannot be repeated."
        )
    if unfinished:
        which = (
            "1 unfinished run on it fails unless it has"
            if unfinished == 1
            else f"{unfinished:,} unfinished runs on it fail unless they have"
        )
        losses.append(f"{which} begun.")
    return losses


def make_inline_charts(comparison: Mapping[str, Any]) -> list[InlineChart]:
    """Return the curves of a comparison that is not stored."""
    return [
        InlineChart(
            title=title,
            data=orjson.dumps(
                make_chart(build_corpus_figure(reader, comparison)),
                option=orjson.OPT_SERIALIZE_NUMPY,
            ).decode(),
            points=_list_points(reader, comparison),
        )
        for reader, title in list_corpus_figures(comparison).items()
    ]


def _show_schedule(entry: Mapping[str, Any], verdict: Mapping[str, Any]) -> ScheduleRow:
    reader, weights = verdict["reader"], entry["weights"]
    of, unigram = entry["readers"][reader], entry["readers"]["unigram"]
    ranges = [(first, last) for first, last in of.get("wasted_ranges", [])]
    return ScheduleRow(
        name=entry["name"],
        wasted=_show_waste(of),
        by_unigram="" if reader == "unigram" else _show_waste(unigram),
        timesteps=str(of.get("wasted_timesteps", "none")),
        ranges=format_ranges(ranges) if ranges else "",
        effective="none"
        if weights is None
        else _percent(weights["effective_share"]["uniform"]),
        is_chosen=entry["name"] == verdict["choice"],
        is_efficient=entry["is_efficient"],
    )


def _show_waste(of: Mapping[str, Any]) -> str:
    if "missing" in of:
        return str(of["missing"])
    error = 200.0 * of["standard_error"]
    wasted = _percent(of["information_wasted"])
    return f"{wasted} ± {max(error, 0.1):.1f}" if error else wasted


def _list_facts(
    kind: str, tokenizer: str, summary: Mapping[str, Any]
) -> dict[str, str]:
    nats, bigram = summary["unigram_nats"], summary["bigram_nats"]
    of_uniform = nats / math.log(summary["vocab_size"])
    facts = {
        "kind": f"{kind}, read with {tokenizer}" if tokenizer else kind,
        "tokens": f"{summary['tokens']:,}",
        "rows": f"{summary['rows']:,}, {summary['row_length']:,} tokens on average"
        if "rows" in summary
        else "",
        "vocabulary": f"{summary['used_ids']:,} of {summary['vocab_size']:,} ids occur",
        "entropy of a token": f"{_bits(nats)}; {_percent(of_uniform)} of what "
        "equally frequent ids would have",
        "entropy after the token before": "" if bigram is None else _bits(bigram),
    }
    return {label: value for label, value in facts.items() if value}


def _show_token(token: Mapping[str, Any], tokens: int) -> TokenRow:
    return TokenRow(
        text=token["text"].translate(_VISIBLE),
        token=token["id"],
        kind=token["type"] or "",
        count=token["count"],
        share=_percent(token["count"] / tokens),
    )


def _list_points(
    reader: str, comparison: Mapping[str, Any]
) -> list[tuple[str, list[str]]]:
    """Return the values at eleven times, for those without the chart."""
    entropy = comparison["corpus"]["unigram_nats"]
    entries = [entry["readers"][reader] for entry in comparison["schedules"]]
    known = [entry for entry in entries if "nats" in entry]
    last = len(known[0]["time"]) - 1
    places = sorted({round(tenth * last / 10) for tenth in range(11)})
    return [
        (
            f"{known[0]['time'][place]:.2f}",
            [
                _percent(1.0 - entry["nats"][place] / entropy)
                if "nats" in entry
                else ""
                for entry in entries
            ],
        )
        for place in places
    ]


def _bits(nats: float) -> str:
    return f"{nats:.3f} nats = {nats / math.log(2):.3f} bits"


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"
