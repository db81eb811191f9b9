import json
from typing import Any

import pytest
from django.test import Client

from noising import services
from noising.dashboard.parameters import PARTS
from noising.models import ScheduleConfig
from tests.api.access import account, session_client
from tests.dashboard.pages import inline_parts, page_text

pytestmark = pytest.mark.django_db

SMALL = {"vocab_size": 27, "num_timesteps": 10, "schedule": {"type": "loglinear"}}
NEW = "/new/schedule/"


@pytest.fixture
def ada() -> Client:
    return session_client(account("ada"))


@pytest.fixture
def hers(ada: Client) -> ScheduleConfig:
    form(ada, name="hers", notes="Mine.", tags="a, b")
    return ScheduleConfig.objects.get(slug="hers")


def form(client: Client, path: str = NEW, **fields: Any) -> Any:
    given = {
        "name": "mine",
        "specification": json.dumps(SMALL),
        "notes": "",
        "tags": "",
    }
    return client.post(path, given | fields)


def test_stores_a_schedule_of_the_account(ada: Client) -> None:
    answer = form(ada, notes="Try this.", tags="first, second")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/schedules/mine/"
    config = ScheduleConfig.objects.get(slug="mine")
    assert config.specification["schedule"]["type"] == "loglinear"
    assert (config.notes, config.tags) == ("Try this.", ["first", "second"])
    assert config.owner is not None
    assert config.owner.get_username() == "ada"
    assert "mine is stored." in page_text(ada, "/schedules/mine/")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": "two words"}, "Letters, digits, - and _ only."),
        ({"name": "compare"}, "choose another name"),
        ({"name": "taken"}, "with this name already"),
        ({"specification": "{"}, "Enter a valid JSON."),
        ({"specification": '""'}, "Enter a JSON object."),
        ({"specification": "null"}, "Enter a JSON object."),
        ({"specification": "[1]"}, "must be an object"),
        ({"specification": '{"schedule": {"type": "cosin"}}'}, "schedule.type"),
        (
            {"specification": '{"vocab_size": 16000000}'},
            "<code>vocab_size</code> must be at most",
        ),
        (
            {
                "specification": json.dumps(
                    {
                        "vocab_size": 1024,
                        "num_timesteps": 100_000,
                        "schedule": {"type": "sedd_entropy"},
                        "graph": {"type": "banded"},
                    }
                )
            },
            "s are allowed",
        ),
        ({"tags": "x" * 51}, "A tag must be 1 to 50 characters"),
    ],
)
def test_what_cannot_be_stored_is_told_beside_the_fields(
    ada: Client, fields: dict[str, str], complaint: str
) -> None:
    services.schedule_create(slug="taken", specification=SMALL)
    answer = form(ada, **fields)
    assert answer.status_code == 422
    assert complaint in answer.content.decode()
    assert ScheduleConfig.objects.count() == 1


FIELDS = {
    "specification": "",
    "num_timesteps": "100",
    "vocab_size": "27",
    "schedule.type": "linear",
    "schedule.beta_min": "1e-3",
    "schedule.beta_max": "",
    "schedule.time_range": "[0, 0.5]",
    "graph.type": "mixture",
    "graph.share": '{"type": "log_snr", "scale": 0.5, "shift": 0}',
    "graph.mask_id": "",
    "hyperschedule.type": "token_types",
    "hyperschedule.classes": '{"critical": [1, 2]}',
    "hyperschedule.calibrate": "false",
    "graph.counts": "not of this type",
}


def test_fields_of_the_chosen_types_are_the_specification(ada: Client) -> None:
    assert form(ada, **FIELDS).status_code == 302
    stored = ScheduleConfig.objects.get().specification
    assert stored["num_timesteps"] == 100
    assert stored["schedule"] == {
        "type": "linear",
        "beta_min": 0.001,
        "beta_max": 0.02,
        "time_range": [0.0, 0.5],
    }
    assert stored["graph"]["share"]["scale"] == 0.5
    assert stored["hyperschedule"]["calibrate"] is False
    # The fields of a new version show the same, whatever the kind of the parameter.
    page = page_text(ada, f"{NEW}?from=mine")
    for shown in (
        'name="schedule.beta_min" value="0.001"',
        'name="schedule.time_range" value="0, 0.5"',
        '<option value="token_types" selected>',
        '<option value="false" selected>',
    ):
        assert shown in page


@pytest.mark.parametrize(
    ("changes", "field", "complaint"),
    [
        ({"schedule.beta_min": "2"}, "schedule.beta_min", "must lie in"),
        ({"schedule.beta_max": "much"}, "schedule.beta_max", "must be a number"),
        ({"schedule.time_range": "0.5, 0"}, "schedule.time_range", "swap the two"),
        ({"schedule.type": "liner"}, "schedule.type", "did you mean"),
        ({"graph.type": "marginal"}, "graph.counts", "= 27 items"),
        ({"graph.share": "{"}, "graph.share", "Enter valid JSON."),
        ({"graph.type": "gidd"}, "graph.type", "only with the schedule"),
        ({"graph.mask_id": "28"}, "graph.mask_id", "must"),
        ({"hyperschedule.calibrate": "maybe"}, "hyperschedule.calibrate", "true or"),
        ({"num_timesteps": "1e9"}, "num_timesteps", "1..100000"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    ada: Client, changes: dict[str, str], field: str, complaint: str
) -> None:
    given = FIELDS | {"graph.counts": "1, 2"} | changes
    page = form(ada, **given).content.decode()
    beside = page[page.index(f'id="id_{field}_error"') :].split("</ul>")[0]
    assert complaint in beside
    assert page.count('class="errorlist"') == 1
    assert not ScheduleConfig.objects.exists()


def test_all_fields_that_are_wrong_by_themselves_are_told_at_once(ada: Client) -> None:
    wrong = {"schedule.beta_min": "2", "num_timesteps": "0", "name": "two words"}
    page = form(ada, **FIELDS | wrong).content.decode()
    for field in wrong:
        assert f'id="id_{field}_error"' in page


def test_json_is_used_instead_of_the_fields(ada: Client) -> None:
    given = FIELDS | {"specification": json.dumps(SMALL), "schedule.beta_min": "2"}
    assert form(ada, **given).status_code == 302
    assert ScheduleConfig.objects.get().specification["schedule"]["type"] == "loglinear"
    page = form(ada, **given).content.decode()  # the name is taken
    assert '<section id="json" data-open>' in page
    assert "The name" not in page
    assert 'name="num_timesteps" value="10"' in page  # fields show the same


def test_without_scripts_a_button_shows_the_fields_of_other_types(ada: Client) -> None:
    page = form(ada, **FIELDS | {"show": "types", "name": "draft"}).content.decode()
    assert 'name="name" value="draft"' in page
    assert 'name="schedule.beta_min" value="1e-3"' in page  # as it was typed
    assert 'class="errorlist"' not in page
    json_field = page[page.index('id="id_specification"') :].split("</textarea>")[0]
    assert json_field.rpartition(">")[2].strip() == ""
    assert not ScheduleConfig.objects.exists()


def test_every_type_has_fields_with_default_range_and_help(ada: Client) -> None:
    page = page_text(ada, NEW)
    for part, table in PARTS.items():
        for name, kind in table.items():
            template = page[page.index(f'data-part="{part}"') :]
            template = template[template.index(f'<template data-type="{name}"') :]
            template = template.split("</template>")[0]
            for key in kind.PARAMETERS:
                assert f'name="{part}.{key}"' in template
    assert (
        "beta of the last step, a move chance; meant for 1000 timesteps. "
        "In [0, 1); default 0.02." in page
    )


def test_a_new_version_begins_with_the_old_one(ada: Client) -> None:
    services.schedule_create(slug="old", specification=SMALL, notes="Once.", tags=["t"])
    services.schedule_create(slug="old-2", specification=SMALL)
    page = page_text(ada, f"{NEW}?from=old")
    assert 'name="name" value="old-3"' in page
    assert '<option value="loglinear" selected>' in page
    assert 'name="num_timesteps" value="10"' in page
    assert "Once.</textarea>" in page
    assert inline_parts(page) == []
    assert ada.get(f"{NEW}?from=nobody").status_code == 404
    # What is no valid specification is shown as it was typed.
    page = page_text(ada, f"{NEW}?specification=%7B%3Cb%3E")
    assert "{&lt;b&gt;</textarea>" in page
    assert '<section id="json" data-open>' in page


def test_its_owner_changes_notes_and_tags(ada: Client, hers: ScheduleConfig) -> None:
    path = "/schedules/hers/edit/"
    assert "Mine.</textarea>" in page_text(ada, path)
    answer = ada.post(path, {"notes": "Ours.", "tags": "c"})
    assert answer.headers["Location"] == "/schedules/hers/"
    hers.refresh_from_db()
    assert (hers.notes, hers.tags) == ("Ours.", ["c"])
    assert ada.post(path, {"notes": "", "tags": "x" * 101}).status_code == 422


def test_its_owner_archives_it_and_brings_it_back(
    ada: Client, hers: ScheduleConfig
) -> None:
    assert ada.post("/schedules/hers/archive/").status_code == 302
    page = page_text(ada, "/schedules/hers/")
    assert "hers is archived." in page
    assert 'method="post" action="/schedules/hers/unarchive/"' in page
    assert 'form="undo-2">Undo</button>' in page
    assert 'action="/schedules/hers/unarchive/"' in page
    assert ada.post("/schedules/hers/unarchive/").status_code == 302
    hers.refresh_from_db()
    assert hers.archived_at is None


@pytest.mark.parametrize("action", ["edit", "archive", "unarchive"])
def test_others_do_not_change_it(hers: ScheduleConfig, action: str) -> None:
    path = f"/schedules/hers/{action}/"
    assert session_client(account("bob")).post(path).status_code == 403
    led = Client().post(path)
    assert led.status_code == 302
    assert led.headers["Location"] == f"/account/login/?next={path}"
    assert session_client(account("root", is_staff=True)).post(path).status_code in {
        200,
        302,
    }


@pytest.mark.usefixtures("hers")
def test_pages_offer_only_what_the_viewer_may_do(ada: Client, client: Client) -> None:
    assert "Edit display name and notes" in page_text(ada, "/schedules/hers/")
    assert "Edit display name and notes" not in page_text(client, "/schedules/hers/")
    bob = session_client(account("bob"))
    assert "Archive</button>" not in page_text(bob, "/schedules/hers/")


def test_forms_need_their_token(hers: ScheduleConfig) -> None:
    strict = session_client(account("eve", is_staff=True), checks_csrf=True)
    assert strict.post("/schedules/hers/archive/").status_code == 403


def test_a_display_name_is_shown_in_place_of_the_name(
    ada: Client, hers: ScheduleConfig
) -> None:
    path = hers.get_absolute_url()
    given = {"title": "  <b>Linear</b>, thesis ", "notes": "", "tags": ""}
    assert ada.post(f"{path}edit/", given).status_code == 302
    page = page_text(ada, path)
    assert "<bdi>&lt;b&gt;Linear&lt;/b&gt;, thesis</bdi></h1>" in page
    assert "Name: <code>hers</code>" in page
    for search in ("thesis", "hers"):
        page = page_text(ada, f"/schedules/?search={search}")
        assert "<bdi>&lt;b&gt;Linear&lt;/b&gt;, thesis</bdi></a>" in page
        assert ">hers</span>" in page
    assert ada.get("/api/v1/schedules/hers").json()["title"] == given["title"].strip()
    refused = ada.post(f"{path}edit/", given | {"title": "a\u0085b"})
    assert refused.status_code == 422
    assert b"A display name must be one line" in refused.content
    ada.post(f"{path}edit/", given | {"title": ""})
    assert "<bdi>hers</bdi></h1>" in page_text(ada, path)
