"""The pages of one's own data: for visitors, for owners, for others."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from noising.models import BenchmarkRun, Corpus
from tests.api.access import account, session_client
from tests.corpora import stored_corpus
from tests.dashboard.pages import inline_parts, page_text, turns_text_around

pytestmark = pytest.mark.django_db

NEW = "/data/new/"
IDS = "0 1 2 3 1 2\n3 3 2 1 0 0\n" * 5
CHOICE = {
    "schedules": ["loglinear", "linear"],
    "graph": "absorbing",
    "num_timesteps": "20",
    "kind": "",
    "tokenizer": "gpt2",
}


@pytest.fixture
def ada() -> Client:
    return session_client(account("ada"))


def send(client: Client, **fields: Any) -> Any:
    return client.post(NEW, {**CHOICE, **fields})


def test_a_visitor_sees_curves_of_a_text_and_nothing_is_stored(client: Client) -> None:
    assert "nothing is stored" in page_text(client, "/data/")
    form = page_text(client, NEW)
    assert "At most 1,048,576 characters." in form
    assert "At most 16 MiB and 4,194,304 tokens." in form
    assert 'name="store"' not in form

    response = send(client, text="if x: y\n\nif y: <b>x</b>\u202e\n")
    assert response.status_code == 200
    page = response.content.decode()
    assert "Nothing is stored." in page
    assert re.search(r"(Perhaps|No clear difference)[^<]* by the bigram reader", page)
    assert "<dd>text, read with gpt2</dd>" in page
    assert '<th scope="row">variable</th>' in page  # x and y in code
    assert "tokens are few, and their entropies" in page
    assert "Read as text, with gpt2." in page
    assert "&lt;b&gt;x" in page
    assert "<b>x</b>" not in page
    assert inline_parts(page) == []
    assert not turns_text_around(
        re.sub(r"<textarea.*?</textarea>", "", page, flags=re.S)
    )
    data = re.search(r'data-inline-chart="([^"]*)"', page)
    assert data is not None
    (panel,) = json.loads(unescape(data[1]))["panels"]
    assert [line["name"] for line in panel["lines"]] == ["loglinear", "linear"]
    for line in panel["lines"]:
        assert len(line["y"]) == len(line["x"]["time"]) == 20
        assert 1.0 >= line["y"][0] >= line["y"][-1] >= 0.0
    # For those without JavaScript.
    assert '<tr><th scope="row">1.00</th><td class="number">0.' in page

    assert (
        send(client, text=IDS, store="1")
        .headers["Location"]
        .startswith("/account/login/")
    )
    assert not Corpus.objects.exists()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "Paste a text, or choose a file."),
        ({"text": " \n"}, "Paste a text, or choose a file."),
        ({"text": IDS, "file": "1 2"}, "Give a text or a file, not both."),
        ({"text": "1 2\n3 x", "kind": "ids"}, "pasted.txt: line 2 has &#x27;x&#x27;"),
        ({"file": "1 2\n3 x\n"}, "own.txt: line 2 has"),
        ({"text": "12 " * 10}, "must have at least two different tokens"),
        ({"text": "x" * 2000}, "At most 1,024 characters are read here, got 2,000"),
        ({"text": IDS, "vocab_size": "3"}, "token id 3 is outside 0..2"),
        ({"text": IDS, "vocab_size": "9999999"}, "Must lie in 2..1,048,576"),
        ({"text": IDS, "schedules": ["linear"]}, "Select two to 8 schedules, got 1."),
        ({"text": IDS, "schedules": []}, "Select two to 8 schedules."),
        ({"text": IDS, "schedules": ["x", "y"]}, "Select a valid choice."),
        ({"text": IDS, "schedules": ["gidd", "linear"], "graph": "x"}, "Select a v"),
        ({"text": IDS, "num_timesteps": "0"}, "greater than or equal to 1"),
        ({"text": IDS, "tokenizer": "/etc/passwd"}, "Select a valid choice."),
    ],
)
def test_a_wrong_form_says_what_is_wrong(
    client: Client, settings: Any, fields: dict[str, Any], expected: str
) -> None:
    settings.MAX_CORPUS_CHARACTERS = 1024
    if "file" in fields:
        content = fields["file"].encode()
        fields = {**fields, "file": SimpleUploadedFile("own.txt", content)}
    response = send(client, **fields)
    assert response.status_code == 422
    errors = re.findall(r'<ul class="errorlist.*?</ul>', response.content.decode())
    assert any(expected in error for error in errors), errors


def test_an_owner_stores_compares_renames_and_deletes(ada: Client) -> None:
    file = SimpleUploadedFile("My <b>rows\u202e.txt", IDS.encode())
    response = send(ada, file=file, store="1")
    corpus = Corpus.objects.get()
    assert response.headers["Location"] == corpus.get_absolute_url()
    assert (corpus.name, corpus.kind, corpus.tokens) == ("My <b>rows.txt", "ids", 60)

    page = page_text(ada, corpus.get_absolute_url())
    assert "4 of 4 ids occur" in page
    plot = re.search(r'data-chart="([^"]*/bigram\.json[^"]*)"', page)
    assert plot is not None
    (panel,) = ada.get(unescape(plot[1])).json()["panels"]
    assert {line["name"] for line in panel["lines"]} == {"linear", "loglinear"}
    svg = ada.get(unescape(plot[1]).replace(".json", ".svg"))
    assert svg.headers["Content-Type"] == "image/svg+xml"
    assert inline_parts(page) == []

    other = {**CHOICE, "schedules": ["cosine", "linear"], "graph": "uniform"}
    ada.post(f"{corpus.get_absolute_url()}compare/", other)
    page = page_text(ada, corpus.get_absolute_url())
    assert "the graph uniform, 20 timesteps" in re.sub("<[^>]*>", "", page)
    assert re.search(r'value="cosine"[^>]* checked', page)
    wrong = ada.post(f"{corpus.get_absolute_url()}compare/", {**CHOICE, "graph": ""})
    assert wrong.status_code == 422

    ada.post(f"{corpus.get_absolute_url()}rename/", {"name": "x" * 101})
    assert "The name was not changed." in page_text(ada, "/data/")
    ada.post(f"{corpus.get_absolute_url()}rename/", {"name": "Mine\u202e"})
    listed = page_text(ada, "/data/")
    assert "1 corpus." in listed
    assert not turns_text_around(listed)

    question = page_text(ada, f"{corpus.get_absolute_url()}delete/")
    assert "Its 60 tokens and the comparison on it are lost." in question
    ada.post(f"{corpus.get_absolute_url()}delete/")
    assert not Corpus.objects.exists()
    assert "is deleted." in page_text(ada, "/data/")
    assert "You have stored no corpus yet." in page_text(ada, "/data/")


def test_the_list_filters_and_orders(
    ada: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    owner = User.objects.get(username="ada")
    stored_corpus(owner=owner, name="Proofs")
    stored_corpus(owner=owner, name="Tally", content=b"0,5\n1,9\n", kind="counts")

    def names(query: str) -> list[str]:
        return re.findall(r'<a href="/data/0[^"]*"><bdi>(.*?)</bdi>', listed(query))

    def listed(query: str) -> str:
        return page_text(ada, f"/data/?{query}")

    with django_assert_num_queries(4):  # session, account, number, rows
        assert "2 corpora." in listed("")
    assert names("") == ["Tally", "Proofs"]
    assert names("ordering=name") == ["Proofs", "Tally"]
    assert names("ordering=tokens") == ["Tally", "Proofs"]
    assert names("kind=counts") == names("search=TALL+count") == ["Tally"]
    assert "No corpus matches. <a" in listed("search=tally+ids")
    assert "must be one of text, ids, counts, got x." in listed("kind=x")
    assert ">loglinear</bdi>" in listed("columns=verdict")


def test_a_run_on_a_corpus_is_one_click_away(
    ada: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    send(ada, text=IDS, store="1", name="Mine")
    corpus = Corpus.objects.get()
    response = ada.post(f"{corpus.get_absolute_url()}run/")
    run = BenchmarkRun.objects.get()
    assert response.headers["Location"] == run.get_absolute_url()
    assert (run.corpus_name, run.baseline) == ("Mine", "loglinear")
    assert run.config["corpus"] == corpus.reference
    assert run.config["graph"] == {"type": "absorbing"}
    assert (run.config["vocab_size"], run.config["num_timesteps"]) == (4, 20)
    assert run.config["decision"] is True
    with django_assert_max_num_queries(8):
        page = page_text(ada, corpus.get_absolute_url())
    assert f'href="{run.get_absolute_url()}"' in page
    assert f'href="/new/run/?corpus={corpus.reference}"' in page
    page = page_text(ada, f"{corpus.get_absolute_url()}delete/")
    assert "1 unfinished run on it fails unless it has begun." in page
    # Runs can be read by everyone; tokens cannot.
    assert "Mine" in page_text(Client(), run.get_absolute_url())

    ada.post(f"{run.get_absolute_url()}cancel/")
    assert "Run it again" in page_text(ada, run.get_absolute_url())
    ada.post(f"{corpus.get_absolute_url()}delete/")
    for visitor in (ada, Client()):
        page = page_text(visitor, run.get_absolute_url())
        assert "run it again" not in page.lower()
        assert "cannot be run again. The run was measured on a corpus that" in page


def test_pasted_counts_are_detected_unless_a_kind_is_chosen(client: Client) -> None:
    counts = "0\t70\n1\t20\n5\t10"
    page = send(client, text=counts).content.decode()
    assert "Read as counts" in page
    assert "choose the kind “token ids”" in page
    page = send(client, text=counts, kind="ids").content.decode()
    assert "Read as" not in page
    assert "3, 2 tokens on average" in page


def test_counts_have_a_verdict_and_no_run(ada: Client) -> None:
    send(ada, text="id,count\n0,70\n1,20\n5,10", store="1")
    corpus = Corpus.objects.get()
    page = page_text(ada, corpus.get_absolute_url())
    assert "by the unigram reader" in page
    assert "Run a benchmark on it" not in page
    assert "bigram.json" not in page
    response = ada.post(f"{corpus.get_absolute_url()}run/", follow=True)
    assert "The corpus has counts, and no rows of tokens" in response.content.decode()
    assert not BenchmarkRun.objects.exists()


def test_nobody_else_sees_a_corpus(ada: Client, client: Client) -> None:
    corpus = stored_corpus(owner=account("bob"), name="Secret")
    root = session_client(account("root", is_staff=True, is_superuser=True))
    address = corpus.get_absolute_url()
    for path in ("", "delete/"):
        assert client.get(f"{address}{path}").status_code == 302
        assert ada.get(f"{address}{path}").status_code == 404
    assert root.get(address).status_code == 404
    assert ada.get(f"/plots/data/{corpus.pk}/bigram.svg").status_code == 404
    for visitor in (ada, client, root):
        assert "Secret" not in page_text(visitor, "/data/")
