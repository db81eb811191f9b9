"""noising.corpora.storage: corpora are kept, limited, measured and deleted."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from benchmarks import runner
from benchmarks.corpora import Corpus as Rows
from noising.corpora import (
    CorporaLimitError,
    find_measurable,
    load_data,
    make_reader,
)
from noising.models import BenchmarkRun, Corpus, CorpusTokens
from noising.runs import (
    RunStateError,
    resolve_config,
    run_create,
    run_measure,
    run_rerun,
)
from noising.services import corpus_delete
from tests.corpora import ROWS, read, stored_corpus

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


def queued_on(corpus: Corpus, owner: User) -> BenchmarkRun:
    config = resolve_config(
        schedules=["cosine"],
        baseline="linear",
        corpus=corpus.reference,
        timesteps=[5],
        samples=1,
        seed=0,
        graph={"type": "absorbing"},
        num_timesteps=20,
    )
    return run_create(config=config, owner=owner)


def test_a_corpus_gives_back_its_tokens(ada: User) -> None:
    corpus = stored_corpus(owner=ada)
    read_back, given = load_data(Corpus.objects.get()), read(ROWS)
    assert read_back.counts.tolist() == given.counts.tolist()
    assert make_reader(read_back).pairs.tolist() == make_reader(given).pairs.tolist()
    assert (corpus.tokens, corpus.vocab_size, corpus.kind) == (78, 9, "ids")
    assert corpus.summary["unigram_nats"] == make_reader(given).entropy
    assert corpus.summary["type_counts"] is None

    counted = stored_corpus(owner=ada, content=b"0,5\n1,9\n", name="c", kind="counts")
    assert load_data(counted).counts.tolist() == [5, 9]
    assert counted.comparison["verdict"]["reader"] == "unigram"


def test_an_account_and_the_service_have_limits(settings: Any, ada: User) -> None:
    settings.MAX_CORPORA = 1
    stored_corpus(owner=ada)
    with pytest.raises(CorporaLimitError, match="has 1 corpora; the limit is 1"):
        stored_corpus(owner=ada)
    settings.MAX_CORPORA_BYTES = Corpus.objects.get().size_bytes
    with pytest.raises(CorporaLimitError, match="as much room as they may"):
        stored_corpus(owner=User.objects.create_user("bob"))
    assert CorpusTokens.objects.count() == Corpus.objects.count() == 1


def test_a_worker_measures_the_stored_rows(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = stored_corpus(owner=ada, name="mine")
    run = queued_on(corpus, ada)
    assert (run.corpus_name, run.config["vocab_size"]) == ("mine", 9)
    measured: list[Rows | None] = []

    def stop_early(config: Any, on_progress: Any, corpus: Rows | None) -> Any:
        measured.append(corpus)
        raise runner.UsageError("far enough")

    monkeypatch.setattr(runner, "run", stop_early)
    run_measure(run_id=run.pk)
    (rows,) = measured
    assert rows is not None
    assert rows.summary()["name"] == "mine"
    assert rows.tokens.tolist() == [*list(range(8)) * 9, 8, 8, 8, 1, 2, 3]


def test_runs_on_a_deleted_corpus_stay_and_say_why_they_fail(ada: User) -> None:
    corpus = stored_corpus(owner=ada)
    run = queued_on(corpus, ada)
    with pytest.raises(RunStateError, match="belongs to another account"):
        run_rerun(run=run, owner=User.objects.create_user("bob"))
    corpus_delete(corpus=corpus)
    assert not CorpusTokens.objects.exists()
    run_measure(run_id=run.pk)
    run.refresh_from_db()
    assert run.status == "failed"
    assert run.error.endswith(": it was deleted")
    assert run.corpus_name == "rows"
    with pytest.raises(RunStateError, match="a corpus that was deleted"):
        run_rerun(run=run, owner=ada)


def test_nobody_measures_what_is_anothers_or_has_no_rows(ada: User) -> None:
    bob = User.objects.create_user("bob")
    with pytest.raises(RunStateError, match="stored corpora of their owners"):
        queued_on(stored_corpus(owner=ada), bob)
    counts = stored_corpus(owner=ada, content=b"0,5\n1,9\n", kind="counts")
    with pytest.raises(RunStateError, match="The corpus has counts, and no rows"):
        queued_on(counts, ada)
    assert find_measurable("setmm") is None
    assert find_measurable("corpus:x") is None
