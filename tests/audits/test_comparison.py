"""noising.audits.comparison: what became of each finding."""

import pytest

from noising.audit import audit
from noising.audits import compare_audits, tabulate_report
from tests.audits import CLAIM, pairs, report_of


@pytest.fixture(scope="module")
def reports():
    turned = pairs()
    reversed_ = audit(turned["x0"], turned["xt"], CLAIM, t=1.0 - turned["t"], low=0.0)
    return {
        "right": report_of().as_dict(),
        "wrong": report_of(faulty=True).as_dict(),
        "reversed": reversed_.as_dict(),
        "short": audit(turned["x0"], turned["xt"], CLAIM, high=0.5).as_dict(),
    }


def changes(compared, code):
    [row] = [row for row in compared["codes"] if row["code"] == code]
    return {label: value["change"] for label, value in row["values"].items()}


def test_a_finding_is_new_gone_still_there_or_never_was(reports) -> None:
    compared = compare_audits(reports, "wrong")
    assert changes(compared, "wrong_alpha") == {
        "right": "gone",
        "wrong": "still",
        "reversed": "gone",
        "short": "gone",
    }
    assert changes(compared, "time_reversed")["reversed"] == "new"
    assert set(changes(compared, "mask_in_data").values()) == {"never"}


def test_the_tests_of_alpha_are_those_of_every_law_that_explains_it(reports) -> None:
    compared = compare_audits(reports, "right")
    [row] = [row for row in compared["codes"] if row["code"] == "time_reversed"]
    assert row["values"]["right"]["test"]["code"] == "wrong_alpha"
    assert row["values"]["right"]["is_tested"]
    assert not row["values"]["short"]["is_tested"]  # it has no times


def test_only_what_differs_of_the_claims_is_listed(reports) -> None:
    compared = compare_audits(reports, "right")
    differing = {part["name"]: part["values"] for part in compared["parameters"]}
    assert set(differing) == {"high", "declared"}
    assert differing["high"] == {
        "right": 1.0,
        "wrong": 1.0,
        "reversed": 1.0,
        "short": 0.5,
    }


def test_a_table_has_every_finding_and_every_other_test(reports) -> None:
    header, *rows = tabulate_report(reports["reversed"])
    found = [row[0] for row in rows if row[header.index("severity")]]
    assert found[0] == "time_reversed"
    assert "wrong_alpha" in [row[0] for row in rows]
    assert all(len(row) == len(header) for row in rows)
