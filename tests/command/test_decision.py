"""noising compare --corpus: the decision between schedules."""

import base64
import json
import math
import re
import shlex
from html.parser import HTMLParser

import numpy as np
import pytest

SPEC = {"vocab_size": 9, "num_timesteps": 40, "graph": {"type": "absorbing"}}


@pytest.fixture
def files(tmp_path):
    """Write two specifications and a corpus, for `run` in the same folder."""
    for name, more in (
        ("a.json", {"schedule": {"type": "loglinear"}}),
        ("b.json", {"schedule": {"type": "linear"}}),
        ("<c>.json", {"hyperschedule": {"type": "block", "width": 4}}),
        ("large.json", {"vocab_size": 10}),
    ):
        (tmp_path / name).write_text(json.dumps(SPEC | more))
    rows = np.random.default_rng(1).integers(0, 9, (40, 16))
    np.save(tmp_path / "rows.npy", np.sort(rows, axis=1))


class Page(HTMLParser):
    """The tags of a page, which must be closed in order, and its texts."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_a_corpus_adds_a_verdict_and_tables(run, files):
    ended = run("compare", "a.json", "b.json", "--corpus", "rows.npy")

    assert (ended.code, ended.err) == (0, "")
    *_, waste, weights, verdict = ended.out.split("\n\n")
    assert verdict.startswith(
        "Perhaps a.json: by the bigram reader its information wasted"
    )
    assert [line.split()[:2] for line in waste.splitlines()[1:]] == [
        ["a.json", "unigram"],
        ["a.json", "bigram"],
        ["b.json", "unigram"],
        ["b.json", "bigram"],
    ]
    header, first, _ = (line.split() for line in weights.splitlines())
    assert header[-5:] == ["uniform", "stratified", "antithetic", "sobol", "importance"]
    # Rows of 16 tokens, of which a share t has the weight 1/t: see test_tradeoff.
    variance = (math.log(40) / (1 - 1 / 40) - 1) / 16
    assert float(first[2]) == pytest.approx(1 / (1 + variance), rel=1e-3)


def test_a_page_shows_all_of_it_without_other_files(run, files, tmp_path):
    command = ["compare", "a.json", "<c>.json", "--corpus", "rows.npy", "--json"]
    document = run(*command, "--html", "page.html").document["decision"]
    text = (tmp_path / "page.html").read_text()
    page = Page(text)

    assert document["verdict"]["text"] in page.texts
    assert document["schedules"][1]["name"] == "<c>.json"
    assert document["schedules"][1]["weights"] is None
    links = [of[name] for _, of in page.tags for name in ("src", "href") if name in of]
    images = [of for tag, of in page.tags if tag == "img"]
    assert [image["src"] for image in images] == links
    assert (
        len(images) == 3
    )  # difficulty, trade-offs, and positions of the hyperschedule
    for image in images:
        kind, _, data = image["src"].partition(",")
        assert (kind, image["alt"] != "") == ("data:image/svg+xml;base64", True)
        assert b"<svg" in base64.b64decode(data)
    assert "script" not in [tag for tag, _ in page.tags]
    assert "prefers-color-scheme: dark" in text
    for entry in document["schedules"]:
        assert json.dumps(entry["specification"], indent=2) in page.texts

    [repeat] = [each for each in page.texts if each.startswith("noising compare")]
    (tmp_path / "page.html").unlink()
    assert run(*shlex.split(repeat)[1:]).code == 0
    assert (tmp_path / "page.html").read_text() == text


def test_processes_of_which_little_is_known_have_a_page(run, files, tmp_path):
    for name in ("x", "y"):
        (tmp_path / name).write_text(
            json.dumps({"vocab_size": 600, "graph": {"type": "banded"}})
        )
    ended = run("compare", "x", "y", "--corpus", "rows.npy", "--html", "page.html")

    assert ended.out.endswith("could not be computed.\n")
    assert "The graphs differ" not in (tmp_path / "page.html").read_text()
    page = Page((tmp_path / "page.html").read_text())
    assert "img" not in [tag for tag, _ in page.tags]
    assert "The specifications are equal." in page.texts
    assert re.search("512 ids only", " ".join(page.texts))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--html", "a.html"), "--html needs --corpus, the training data"),
        (("--length", "4"), "--length needs --corpus"),
        (("--corpus", "rows.npy", "--html", "a.pdf"), "must end with .html"),
        (("--corpus", "rows.npy", "--html", "no/a.html"), "in a folder that exists"),
        (("--corpus", "absent.npy"), "absent.npy"),
        (("--corpus", "rows.npy", "--dtype", "uint16"), "dtype"),
        (
            ("large.json", "--corpus", "rows.npy"),
            "the same size, but a.json has 9 ids and large.json has 10",
        ),
    ],
)
def test_a_wrong_option_is_one_line_and_2(refused, files, arguments, expected):
    assert expected in refused("compare", "a.json", "b.json", *arguments)


def test_an_id_outside_the_vocabulary_is_named(refused, files, tmp_path):
    np.save(tmp_path / "rows.npy", np.array([[1, 2], [3, 9]]))
    message = refused("compare", "a.json", "b.json", "--corpus", "rows.npy")
    assert "row 1: token ids must lie in 0..8, got 9" in message


def test_a_page_of_much_is_cut_where_it_repeats_itself(run, files, tmp_path):
    counts = SPEC | {"vocab_size": 9000, "graph": {"type": "marginal"}}
    counts["graph"]["counts"] = [1.0] * 9000
    jumps = [0.9 - 0.01 * (k // 4) for k in range(40)]
    other = SPEC | {"vocab_size": 9000, "schedule": {"type": "custom", "alphas": jumps}}
    (tmp_path / "m.json").write_text(json.dumps(counts))
    (tmp_path / "n.json").write_text(json.dumps(other))
    run("compare", "m.json", "n.json", "--corpus", "rows.npy", "--html", "page.html")

    page = Page((tmp_path / "page.html").read_text())

    assert any(text.startswith("The graphs differ.") for text in page.texts)
    assert any("21 to 23, and 4 more" in text for text in page.texts)
    assert max(text.count("\n") for text in page.texts) < 100


def test_plain_text_is_a_corpus_with_the_default_tokenizer(run, files, tmp_path):
    (tmp_path / "text.txt").write_text("To be, or not to be.\nThat is the question.\n")
    sizes = {"vocab_size": 50_257, "num_timesteps": 40}
    for name in ("loglinear", "linear"):
        spec = {**SPEC, **sizes, "schedule": {"type": name}}
        (tmp_path / f"{name}.json").write_text(json.dumps(spec))
    compared = ("compare", "loglinear.json", "linear.json", "--corpus", "text.txt")

    ended = run(*compared, "--json")

    assert (ended.code, ended.err) == (0, "")
    corpus = json.loads(ended.out)["decision"]["corpus"]
    assert (corpus["rows"], corpus["tokens"]) == (2, 13)
    named = run(*compared, "--tokenizer", "gpt2", "--json")
    assert named.out == ended.out
