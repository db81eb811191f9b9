"""The decision between the schedules of a run."""

import copy
import io
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from rich.console import Console

import benchmarks
from benchmarks.cases import UsageError
from benchmarks.corpora import load_corpus
from benchmarks.decision import read_corpus, read_decision
from benchmarks.report import DECISION_FIGURES, FIGURES, table, write
from tests.benchmarks.test_runner import config

SCHEMA = Path(benchmarks.__file__).parent / "results.schema.json"


def test_a_document_has_all_that_the_verdict_needs(decided_document):
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator(schema).validate(decided_document)
    assert json.loads(json.dumps(decided_document)) == decided_document

    decision = read_decision(decided_document)

    # Tokens of the synthetic corpus are independent: the readers agree, and loglinear
    # loses their information evenly, with 1/1000 left.
    loglinear = decision["schedules"][0]["readers"]
    assert loglinear["unigram"]["information_wasted"] == pytest.approx(0.001)
    assert loglinear["bigram"]["information_wasted"] == pytest.approx(0.001, abs=0.005)
    assert decision["verdict"]["choice"] == "loglinear"
    assert decision["verdict"]["text"].startswith(
        "Take loglinear: by the bigram reader"
    )
    assert [each["is_efficient"] for each in decision["schedules"]] == [True, False]


def test_a_document_without_one_has_no_decision(document):
    assert read_decision(document) is None


def test_the_files_and_the_table_show_it(decided_document, tmp_path):
    names = {path.name for path in write(decided_document, tmp_path)}
    assert names == {*FIGURES, *DECISION_FIGURES, "results.json"}
    console = Console(file=io.StringIO(), width=200)
    console.print(table(decided_document))
    assert "Take loglinear: by the bigram reader" in console.file.getvalue()


def test_schedules_without_weights_are_left_out_of_the_plot(decided_document):
    document = copy.deepcopy(decided_document)
    plot = DECISION_FIGURES["tradeoffs.png"]
    assert len(plot(document).panels[0].curves) == 2
    document["schedules"][0]["decision"]["weights"] = None
    assert len(plot(document).panels[0].curves) == 1


def test_a_decision_is_between_two_schedules_and_about_two_ids():
    with pytest.raises(UsageError, match="between two or more schedules"):
        config(names=("uniform",), decision=True)
    generator = np.random.default_rng(1)
    corpus = load_corpus("synthetic", vocab_size=5, generator=generator)
    with pytest.raises(UsageError, match="at least two different token ids"):
        read_corpus(replace(corpus, tokens=np.zeros_like(corpus.tokens)))
