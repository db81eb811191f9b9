import re
from typing import Any

import pytest
from django.test import Client

from noising import services
from noising.models import BenchmarkRun
from tests.api.access import account, session_client
from tests.corpora import stored_corpus
from tests.dashboard.pages import inline_parts, page_text
from tests.runs import record_results

pytestmark = pytest.mark.django_db

NEW = "/new/run/"
ASKED = {
    "schedules": ["on-uniform"],
    "baseline": "uniform",
    "corpus": "synthetic",
    "timesteps": "500, 0 999",
    "samples": "4",
    "seed": "18446744073709551615",
    "decision": "on",
    "name": " Mine ",
    "notes": "Look.",
    "tags": "a, b",
}


@pytest.fixture
def ada() -> Client:
    for name, graph in (("on-uniform", "uniform"), ("on-mask", "absorbing")):
        services.schedule_create(slug=name, specification={"graph": {"type": graph}})
    return session_client(account("ada"))


@pytest.fixture
def queued(ada: Client) -> BenchmarkRun:
    ada.post(NEW, ASKED)
    return BenchmarkRun.objects.get()


def test_a_run_is_put_into_the_queue(ada: Client, queued: BenchmarkRun) -> None:
    assert queued.status == "queued"
    assert queued.config["schedules"] == ["on-uniform", "uniform"]
    assert queued.config["timesteps"] == [0, 500, 999]
    assert queued.seed == "18446744073709551615"
    assert queued.config["decision"] is True
    assert (queued.name, queued.notes, queued.tags) == ("Mine", "Look.", ["a", "b"])
    assert queued.owner is not None
    page = page_text(ada, queued.get_absolute_url())
    assert "The run was added to the queue." in page
    assert f'data-address="/api/v1/runs/{queued.pk}"' in page


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"schedules": []}, "This field is required."),
        ({"schedules": ["nothing"]}, "not one of the available choices"),
        ({"schedules": ["on-uniform", "on-mask"]}, "measure them in separate runs"),
        ({"baseline": "nothing"}, "not one of the available choices"),
        ({"corpus": "/etc/passwd"}, "not one of the available choices"),
        ({"timesteps": "1, two"}, "got &#x27;two&#x27;"),
        ({"timesteps": "1000"}, "1000"),
        ({"timesteps": ",".join(map(str, range(101)))}, "at most 100 timesteps"),
        ({"samples": "0"}, "greater than or equal to 1"),
        ({"samples": "10001"}, "less than or equal to 10000"),
        ({"seed": "18446744073709551616"}, "less than or equal to"),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"name": "a\x07b"}, "must be one line without control characters"),
        ({"tags": "a, a"}, "given only once"),
        ({"tags": "a\x07b"}, "must not contain control characters"),
    ],
)
def test_what_cannot_be_measured_is_told(
    ada: Client, fields: dict[str, Any], complaint: str
) -> None:
    answer = ada.post(NEW, ASKED | fields)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert complaint in page
    [field] = fields
    # Beside the field, and told as what is wrong with it.
    beside = page[page.index(f'id="id_{field}_error"') :].split("</ul>")[0]
    assert complaint in beside
    assert page.count(f'id_{field}_error"') == 2  # the other is in the input
    assert not BenchmarkRun.objects.exists()


def test_a_full_queue_is_told(ada: Client, settings: Any) -> None:
    settings.MAX_QUEUED_RUNS = 1
    assert ada.post(NEW, ASKED).status_code == 302
    again = ada.post(NEW, ASKED)
    assert again.status_code == 422
    assert "wait for one to end" in again.content.decode()


def test_the_form_offers_ones_own_corpora(ada: Client) -> None:
    mine, hers = account("mine"), account("hers")
    corpus = stored_corpus(owner=mine, name="<b>Own")
    other = stored_corpus(owner=hers)
    counts = stored_corpus(owner=mine, content=b"0,5\n1,9\n", kind="counts")
    client = session_client(mine)
    asked = ASKED | {"schedules": ["cosine"], "corpus": corpus.reference}

    page = page_text(client, f"{NEW}?corpus={corpus.reference}")
    option = f'<option value="{corpus.reference}" selected>&lt;b&gt;Own, 78 tokens'
    assert '<optgroup label="Your data">' in page
    assert option in page
    assert other.reference not in page
    assert counts.reference not in page
    assert '<optgroup label="Your data">' not in page_text(ada, NEW)
    assert '<option value="setmm" selected>' in page_text(ada, f"{NEW}?corpus=")

    path = f"{NEW}estimate.json"
    short = client.get(path, asked | {"samples": "9999"}).json()["seconds"]
    long = client.get(path, asked | {"samples": "9999", "corpus": "setmm"}).json()
    assert 0 < short < long["seconds"]  # rows of eight tokens
    for stranger in (ada, Client()):
        assert "Corpus: " in stranger.get(path, asked).json()["problem"]
    for refused in (other, counts):
        answer = client.post(NEW, asked | {"corpus": refused.reference})
        assert answer.status_code == 422
    assert client.post(NEW, asked).status_code == 302
    run = BenchmarkRun.objects.get()
    assert (run.corpus_name, run.config["vocab_size"]) == ("<b>Own", 9)


CHECKED = re.compile(r'name="schedules" value="([^"]*)"[^>]* checked>')


def test_the_query_chooses_schedules(ada: Client) -> None:
    page = page_text(ada, f"{NEW}?schedules=on-mask,on-uniform")
    assert CHECKED.findall(page) == ["on-mask", "on-uniform"]
    # What tells them apart is visible: sparkline, graph, timesteps, verdict.
    row = next(row for row in page.split("<tr ") if 'value="on-mask"' in row)
    for shown in (
        'src="/plots/schedules/on-mask/sparkline.svg?v=',
        "<td>cosine</td>",
        "<td>absorbing</td>",
        ">1000</td>",
        "badge-good",
    ):
        assert shown in row
    assert inline_parts(page) == []


def test_without_stored_schedules_there_are_the_types() -> None:
    client = session_client(account("bob"))
    page = page_text(client, f"{NEW}?schedules=cosine")
    assert '<optgroup label="Stored">' not in page
    assert CHECKED.findall(page) == ["cosine"]
    assert '"custom"' not in page  # it needs parameters
    assert client.post(NEW, ASKED | {"schedules": ["cosine"]}).status_code == 302


def test_the_page_tells_how_long_the_run_will_take(ada: Client) -> None:
    path = f"{NEW}estimate.json"
    one = ada.get(path, ASKED).json()
    assert one["text"].startswith("about ")
    assert one["ahead"] == 0
    more = ada.get(path, ASKED | {"schedules": ["on-uniform", "cosine"]}).json()
    assert more["seconds"] > one["seconds"]
    ada.post(NEW, ASKED)
    assert ada.get(path, ASKED).json()["ahead"] == 1
    for wrong, problem in (
        ({"schedules": ["on-uniform", "on-mask"]}, "measure them in separate runs"),
        ({"samples": "0"}, "Samples: "),
    ):
        assert problem in ada.get(path, ASKED | wrong).json()["problem"]


def test_one_run_has_so_many_schedules(ada: Client, settings: Any) -> None:
    settings.MAX_RUN_SCHEDULES = 1
    answer = ada.post(NEW, ASKED | {"schedules": ["on-uniform", "cosine"]})
    assert answer.status_code == 422
    assert "may have at most 1 schedules" in answer.content.decode()


def test_its_owner_cancels_it(ada: Client, queued: BenchmarkRun) -> None:
    path = queued.get_absolute_url()
    assert "Cancel the run" in page_text(ada, path)
    assert ada.post(f"{path}cancel/").headers["Location"] == path
    page = page_text(ada, path)
    assert "The run is cancelled." in page
    assert "Cancel the run" not in page


def test_who_has_not_signed_in_is_asked_to(queued: BenchmarkRun) -> None:
    page = page_text(Client(), queued.get_absolute_url())
    assert "Sign in to cancel it" in page
    assert "Cancel the run" not in page
    other = page_text(session_client(account("bob")), queued.get_absolute_url())
    assert "Sign in to cancel it" not in other
    assert "Cancel the run" not in other


def test_a_run_that_is_over_cannot_be_cancelled(
    ada: Client, recorded_run: BenchmarkRun
) -> None:
    BenchmarkRun.objects.update(owner=account("eve"))
    staff = session_client(account("root", is_staff=True))
    path = recorded_run.get_absolute_url()
    staff.post(f"{path}cancel/")
    assert "it cannot be cancelled" in page_text(staff, path)


def test_everyone_with_an_account_runs_it_again(
    ada: Client, recorded_run: BenchmarkRun
) -> None:
    path = recorded_run.get_absolute_url()
    assert "Sign in to run it again" in page_text(Client(), path)
    assert "Run it again" in page_text(ada, path)
    answer = ada.post(f"{path}rerun/")
    [again] = BenchmarkRun.objects.exclude(pk=recorded_run.pk)
    assert answer.headers["Location"] == again.get_absolute_url()
    assert again.owner is not None
    assert again.owner.get_username() == "ada"


def test_what_workers_do_not_have_is_not_run_again(
    ada: Client, document: dict[str, Any]
) -> None:
    document["config"]["corpus"] = "mine.npy"
    run = record_results(document)
    answer = ada.post(f"{run.get_absolute_url()}rerun/", follow=True)
    assert "The run was measured on a file" in answer.content.decode()


def test_its_owner_writes_notes_and_archives_it(
    ada: Client, queued: BenchmarkRun
) -> None:
    path = queued.get_absolute_url()
    page = page_text(ada, f"{path}edit/")
    assert 'value="Mine"' in page
    assert '<a href="/runs/">Runs</a> / ' in page
    ada.post(f"{path}edit/", {"name": "<b>x", "notes": "Seen.", "tags": "c"})
    ada.post(f"{path}archive/")
    queued.refresh_from_db()
    assert (queued.name, queued.notes, queued.tags) == ("<b>x", "Seen.", ["c"])
    assert "<h1><bdi>&lt;b&gt;x</bdi>" in page_text(ada, path)
    assert queued.archived_at is not None
    assert "Unarchive" in page_text(ada, path)
    ada.post(f"{path}unarchive/")
    queued.refresh_from_db()
    assert queued.archived_at is None
    assert ada.post(f"{path}edit/", {"tags": "x" * 51}).status_code == 422


@pytest.mark.parametrize("action", ["edit", "cancel", "archive", "unarchive"])
def test_others_do_not_change_it(queued: BenchmarkRun, action: str) -> None:
    path = f"{queued.get_absolute_url()}{action}/"
    assert session_client(account("bob")).post(path).status_code == 403
    assert Client().post(path).headers["Location"] == f"/account/login/?next={path}"


def test_the_page_says_how_to_keep_and_repeat_it(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    page = page_text(client, recorded_run.get_absolute_url())
    for shown in (
        f"http://testserver/runs/{recorded_run.pk}/",
        f"/api/v1/runs/{recorded_run.pk}/export?format=csv",
        "python manage.py run_benchmarks --schedules",
        f"curl -X POST http://testserver/api/v1/runs/{recorded_run.pk}/rerun",
    ):
        assert shown in page
