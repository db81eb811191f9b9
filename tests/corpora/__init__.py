"""Small corpora of accounts, for tests."""

from django.contrib.auth.models import User

from noising.corpora import (
    CorpusData,
    Given,
    compare_schedules,
    corpus_create,
    make_reader,
    read_given,
    summarize,
)
from noising.engine import build_process
from noising.models import Corpus

ROWS = b"0 1 2 3 4 5 6 7\n" * 9 + b"8 8 8 1 2 3\n"


def read(content: bytes, name: str = "rows.txt", **fields: object) -> CorpusData:
    """Return what an upload has."""
    values = {"kind": "", "tokenizer": "gpt2", "vocab_size": None, **fields}
    return read_given(Given(name=name, content=content, **values))


def stored_corpus(
    *, owner: User, name: str = "rows", content: bytes = ROWS, **fields: object
) -> Corpus:
    """Return a stored corpus with a comparison of two schedules."""
    data = read(content, **fields)
    reader = make_reader(data)
    processes = {
        schedule: build_process(
            {
                "vocab_size": data.vocab_size,
                "num_timesteps": 20,
                "schedule": {"type": schedule},
                "graph": {"type": "absorbing"},
            }
        )
        for schedule in ("loglinear", "linear")
    }
    return corpus_create(
        name=name,
        data=data,
        summary=summarize(data, reader),
        comparison=compare_schedules(reader, processes),
        owner=owner,
    )
