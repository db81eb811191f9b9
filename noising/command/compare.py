"""noising compare: key figures and differences of several processes."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from noising.command.decision import (
    add_decision,
    check_decision,
    compare_on_corpus,
    print_decision,
    write_report,
)
from noising.command.figures import add_plot, check_plot, write_plot
from noising.command.output import format_table, print_json, print_text
from noising.command.specifications import add_specification, load_process
from noising.command.usage import FINE, CommandLineError, check_standard_input
from noising.curves import DEFAULT_POINTS, QUANTITIES, curves, differences, summary
from noising.engine import ForwardProcess

HELP: Final = "compare several processes"
DESCRIPTION: Final = (
    "Compare several noise processes: the time at which half of the information is "
    "left, the information and alpha left at the end, the number of wasted timesteps, "
    "and the parameters that differ. With a corpus, say which to take."
)
COLUMNS: Final = (
    "schedule_type",
    "graph_type",
    "half_time",
    "final_information",
    "final_alpha",
    "wasted_timesteps",
    "num_timesteps",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_specification(parser, nargs="+")
    add_plot(parser)
    add_decision(parser)


def run(options: argparse.Namespace) -> int:
    """Print the comparison; write plots and a page if there are files for them."""
    specs = options.spec
    if len(specs) < 2 or len(set(specs)) < len(specs):
        raise CommandLineError(
            f"name two or more different SPECs, got {' '.join(specs)}"
        )
    check_standard_input(*specs)
    check_plot(options.plot)
    check_decision(options)
    processes = {spec: load_process(spec) for spec in specs}
    document: dict[str, Any] = {
        "schedules": [_summarize(name, each) for name, each in processes.items()],
        "differences": differences({n: each.spec for n, each in processes.items()}),
    }
    if options.plot is not None:
        labelled = [
            (
                name,
                curves(process, list(QUANTITIES), axis="time", points=DEFAULT_POINTS),
            )
            for name, process in processes.items()
        ]
        write_plot(options.plot, labelled, list(QUANTITIES), "time")
    if options.corpus is not None:
        document["decision"] = compare_on_corpus(options, processes)
        if options.html is not None:
            write_report(options, document)
    if options.json:
        print_json(document)
    else:
        _print_tables(document)
        if options.corpus is not None:
            print_text("")
            print_decision(document["decision"])
    return FINE


def _summarize(name: str, process: ForwardProcess) -> dict[str, Any]:
    spec = process.spec
    return {
        "name": name,
        "fingerprint": process.fingerprint,
        "num_timesteps": process.num_timesteps,
        "vocab_size": process.vocab_size,
        "schedule_type": spec["schedule"]["type"],
        "graph_type": spec["graph"]["type"],
        **asdict(summary(process)),
    }


def _print_tables(document: Mapping[str, Any]) -> None:
    rows = [
        [schedule["name"], *(schedule[column] for column in COLUMNS)]
        for schedule in document["schedules"]
    ]
    print_text(format_table(["name", *COLUMNS], rows))
    names = [schedule["name"] for schedule in document["schedules"]]
    rows = [
        [place["path"], *(_value(place["values"], name) for name in names)]
        for place in document["differences"]
    ]
    if rows:
        print_text("")
        print_text(format_table(["where they differ", *names], rows))


def _value(values: Mapping[str, Any], name: str) -> str | None:
    return json.dumps(values[name]) if name in values else None
