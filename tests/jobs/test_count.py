"""Counts of tokens equal those of a plain loop; bad rows are counted separately."""

from collections import Counter

import numpy as np
import pytest

from noising.corpus import BadRowError, find_sources
from noising.engine import build_process
from noising.jobs import LocalExecutor, count, count_tokens
from tests.jobs.corpora import make_rows, write_rows

ROWS = make_rows()


def test_counts_are_those_of_a_loop_and_fit_a_marginal_graph(tmp_path, monkeypatch):
    monkeypatch.setattr(count, "PART_ROWS", 7)
    monkeypatch.setattr(count, "COUNTED_AT_ONCE", 5)
    special = [[int(token == 7) for token in row] for row in ROWS]
    write_rows(tmp_path / "a.parquet", ROWS[:30], special[:30])
    write_rows(tmp_path / "b.parquet", ROWS[30:], special[30:])
    counted = count_tokens(
        find_sources([str(tmp_path)]), LocalExecutor(), vocab_size=100
    )
    expected = Counter(token for row in ROWS for token in row)
    assert counted.counts.tolist() == [expected[i] for i in range(100)]
    document = counted.as_dict()
    shares = np.array(list(expected.values())) / expected.total()
    assert document.pop("entropy_nats") == pytest.approx(-(shares @ np.log(shares)))
    process = build_process(
        {
            "vocab_size": 100,
            "schedule": {"type": "loglinear"},
            "graph": {"type": "marginal", "counts": document.pop("counts")},
        }
    )
    assert process.graph.frequencies[7] == pytest.approx(expected[7] / expected.total())
    assert document == {
        "rows": 40,
        "tokens": expected.total(),
        "special_tokens": expected[7],
        "critical_tokens": 0,
        "variable_tokens": 0,
        "other_tokens": 0,
        "shortest_row": 0,
        "longest_row": max(map(len, ROWS)),
        "used_ids": len(expected),
        "skipped_rows": 0,
    }


def test_bad_rows_stop_a_count_or_are_skipped(tmp_path):
    rows = [[1, 2], [3, 10], [-1], [4]]
    path = write_rows(tmp_path / "a.parquet", rows)
    sources = find_sources([str(path)])
    with pytest.raises(
        BadRowError, match=r"row 1: token ids must lie in 0\.\.9, got 10"
    ):
        count_tokens(sources, LocalExecutor(), vocab_size=10)
    counted = count_tokens(sources, LocalExecutor(), vocab_size=10, skips=True)
    assert (counted.rows, counted.tokens, counted.skipped_rows) == (2, 3, 2)
    assert [error.split(": ", 1)[1] for error in counted.errors] == [
        "row group 0, row 1: token ids must lie in 0..9, got 10",
        "row group 0, row 2: token ids must lie in 0..9, got -1",
    ]
