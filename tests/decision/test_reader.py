"""The readers of a corpus."""

import numpy as np
import pytest

from noising.corpus import find_sources
from noising.decision import Reader
from noising.engine import EngineError

ROWS = [np.array([0, 1, 1, 3]), np.array([], np.int64), np.array([1, 0])]


def test_pairs_form_a_circle_over_all_rows():
    reader = Reader.of_rows(ROWS, 5)

    # In the order of their counts: ids 1, 0 and 3, and 0 1 1 3 1 0 as a circle.
    assert reader.classes.tolist() == [1, 0, -1, 2, -1]
    assert reader.pairs.tolist() == [[1, 1, 1], [1, 1, 0], [1, 0, 0]]
    assert (reader.rows, reader.tokens, reader.used_ids) == (3, 6, 3)
    assert reader.shared_class is None
    assert reader.start @ reader.steps == pytest.approx(reader.start)
    assert reader.entropies_after(1)[1] == pytest.approx(
        (3 * np.log(3) + 2 * np.log(2) + 0) / 6
    )


def test_rare_ids_share_a_class_in_which_they_keep_their_frequencies():
    reader = Reader.of_rows([*ROWS, np.array([4, 3, 4])], 5, classes=3)

    assert reader.classes.tolist() == [1, 0, -1, 2, 2]
    assert reader.shared_class == 2
    assert reader.within.tolist() == [1.0, 1.0, 0.0, 0.5, 0.5]
    assert reader.pairs.sum(axis=0).tolist() == reader.pairs.sum(axis=1).tolist()


def test_what_follows_is_forgotten_with_the_distance():
    rows = [np.random.default_rng(3).integers(0, 4, 500).cumsum() // 3 % 6]
    after = Reader.of_rows(rows, 6).entropies_after(400)

    assert after[0] == 0.0
    assert (np.diff(after) >= -1e-12).all()
    assert after[-1] == pytest.approx(Reader.of_rows(rows, 6).entropy, abs=1e-12)


def test_a_corpus_has_the_readers_of_its_rows(tmp_path):
    rows = np.random.default_rng(1).integers(0, 40, (9, 11))
    np.save(tmp_path / "a.npy", rows[:5])
    np.save(tmp_path / "b.npy", rows[5:])
    sources = find_sources([str(tmp_path)])

    found = Reader.of_corpus(sources, 50, classes=7)

    expected = Reader.of_rows(list(rows), 50, classes=7)
    assert (found.pairs == expected.pairs).all()
    assert (found.counts == expected.counts).all()
    assert (found.rows, found.num_classes) == (9, 7)


@pytest.mark.parametrize("rows", [[], [np.zeros(4, np.int64)]])
def test_fewer_than_two_ids_are_refused(rows):
    with pytest.raises(EngineError, match="at least two different token ids, got"):
        Reader.of_rows(rows, 5)
