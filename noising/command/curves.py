"""noising curves: quantities of a process over time."""

import argparse
from typing import Final

from noising.arguments import integer
from noising.command.figures import add_plot, check_plot, write_plot
from noising.command.output import format_table, print_json, print_text
from noising.command.specifications import add_specification, load_process
from noising.command.usage import FINE, CommandLineError, names
from noising.curves import DEFAULT_POINTS, MAX_POINTS, QUANTITIES, curves

HELP: Final = "tabulate alpha, information and other quantities over time"
DESCRIPTION: Final = (
    "Tabulate quantities of a noise process over all of its timesteps or over time."
)
TABLE_POINTS: Final = 11
AXES: Final = ("timestep", "time")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_specification(parser)
    add_quantities(parser)
    parser.add_argument(
        "--axis",
        choices=AXES,
        default=AXES[0],
        help="horizontal axis of the curves (default: %(default)s)",
    )
    parser.add_argument(
        "--points",
        type=integer,
        metavar="N",
        help=f"largest number of points, 1 to {MAX_POINTS} (default: {TABLE_POINTS} "
        f"in the table, else {DEFAULT_POINTS})",
    )
    add_plot(parser)


def run(options: argparse.Namespace) -> int:
    """Print the curves, or draw them."""
    quantities = check_quantities(options.quantities)
    check_plot(options.plot)
    is_table = options.plot is None and not options.json
    points = options.points
    if points is None:
        points = TABLE_POINTS if is_table else DEFAULT_POINTS
    if not 1 <= points <= MAX_POINTS:
        raise CommandLineError(f"--points must lie in 1..{MAX_POINTS}, got {points}")
    process = load_process(options.spec)
    values = curves(process, quantities, axis=options.axis, points=points)
    if options.plot is not None:
        write_plot(options.plot, [(options.spec, values)], quantities, options.axis)
    axis = {} if values.timesteps is None else {"timestep": values.timesteps}
    columns = {**axis, "time": values.times, **values.columns}
    if options.json:
        print_json(
            {
                "fingerprint": process.fingerprint,
                "num_timesteps": process.num_timesteps,
                "vocab_size": process.vocab_size,
                "axis": options.axis,
                "points": values.times.size,
                "curves": columns,
            }
        )
    elif is_table:
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        print_text(format_table(list(columns), list(rows)))
    return FINE


def add_quantities(parser: argparse.ArgumentParser) -> None:
    """Declare the option that names quantities."""
    parser.add_argument(
        "--quantities",
        type=names,
        default=tuple(QUANTITIES),
        metavar="A,B",
        help=f"any of: {', '.join(QUANTITIES)} (default: all)",
    )


def check_quantities(quantities: tuple[str, ...]) -> tuple[str, ...]:
    """Check that there are names of quantities and all are known.

    Raises:
        CommandLineError: there are no names, or one is unknown.
    """
    unknown = [name for name in quantities if name not in QUANTITIES]
    if unknown or not quantities:
        received = ", ".join(unknown) or "none"
        known = ", ".join(QUANTITIES)
        raise CommandLineError(f"--quantities must be of {known}, got {received}")
    return quantities
