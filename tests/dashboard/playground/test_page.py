import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from noising import budget, services
from noising.dashboard.playground.examples import EXAMPLES, Example
from noising.engine import build_process, with_hyperschedule
from noising.models import ScheduleConfig
from tests.dashboard.pages import inline_parts, page_text
from tests.dashboard.playground.queries import TEXT, TOKENS, address, chips_of, ids_of

pytestmark = pytest.mark.django_db

CLASSES = {
    "critical": [362, 513, 788, 796, 1279, 1532],
    "variable": [331, 2124],
    "other": [11],
}
BY_TYPE = {"type": "token_types", "classes": CLASSES}


def test_without_a_query_there_is_a_proof_under_noise(client: Client) -> None:
    page = page_text(client, "/playground/")
    assert "The sum of two even numbers is even." in page
    [row] = chips_of(page)
    assert len(row) > 50
    assert any("is-noised" in classes for classes, _, _ in row)
    assert "/playground/alpha.svg" in page
    assert inline_parts(page) == []


@pytest.mark.parametrize(
    ("fields", "specification", "hyperschedule"),
    [
        ({}, {}, None),
        ({"a_graph": "absorbing"}, {"graph": {"type": "absorbing"}}, None),
        (
            {"a_schedule": "gidd", "a_graph": "gidd"},
            {"schedule": {"type": "gidd"}, "graph": {"type": "gidd"}},
            None,
        ),
        ({"a_hyperschedule": "token_types"}, {}, BY_TYPE),
        (
            {"a_hyperschedule": "token_types", "a_critical": "5", "a_other": "0.5"},
            {},
            BY_TYPE | {"weights": {"critical": 5.0, "variable": 0.8, "other": 0.5}},
        ),
        (
            {
                "a_hyperschedule": "block",
                "a_num_timesteps": "800",
                "a_hyperschedule__width": "2",
                "a_schedule__s": "0.1",
            },
            {"num_timesteps": 800, "schedule": {"type": "cosine", "s": 0.1}},
            {"type": "block", "width": 2},
        ),
    ],
)
def test_the_chips_are_what_the_engine_makes_of_the_text(
    client: Client,
    fields: dict[str, str],
    specification: dict[str, Any],
    hyperschedule: dict[str, Any] | None,
) -> None:
    page = page_text(client, address(text=TEXT, timestep=600, seed=2**64 - 1, **fields))
    process = with_hyperschedule(build_process(specification), hyperschedule)
    noised = process.noise(TOKENS, 600, seed=2**64 - 1)
    [row] = chips_of(page)
    assert ids_of(row) == noised.tokens.tolist()
    changed = ["is-noised" in classes for classes, _, _ in row]
    assert changed == (noised.tokens != TOKENS).tolist()
    assert f"alpha {float(noised.alpha):.4f}" in page
    unchanged = int((noised.tokens == TOKENS).sum())
    assert f"{unchanged} of 9" in page
    assert f"{100 * unchanged / 9:.2f} %" in page


def test_types_and_masks_are_told_apart_without_colours(client: Client) -> None:
    fields = {"text": TEXT, "a_graph": "absorbing"}
    [clean] = chips_of(page_text(client, address(timestep=0, **fields)))
    assert [text for _, _, text in clean[:4]] == ["If", " x", " <", " 3"]
    assert "type-critical" in clean[0][0]
    assert "type-variable" in clean[1][0]
    assert clean[1][1] == "position 1, variable, id 2124"
    [last] = chips_of(page_text(client, address(timestep=999, **fields)))
    # Blocks as wide as the clean tokens, with a gap before each word.
    assert [text for _, _, text in last[:5]] == ["▐█", " █", " █", " █", "▐"]
    assert all("is-mask" in classes for classes, _, _ in last)
    assert last[1][1] == "position 1, variable, id 2124 ( x), now id 50257 ([MASK])"


def test_what_is_protected_keeps_its_token(client: Client) -> None:
    page = page_text(
        client,
        address(text=TEXT, timestep=999, protect="8 0,0, 77", protect_types="variable"),
    )
    [row] = chips_of(page)
    protected = [i for i, (c, _, _) in enumerate(row) if "is-protected" in c]
    assert protected == [0, 1, 6, 8]
    assert [ids_of(row)[i] for i in protected] == [TOKENS[i] for i in protected]
    assert row[0][1].endswith(", protected")


def test_two_processes_stand_side_by_side_at_the_same_time(client: Client) -> None:
    page = page_text(
        client,
        address(
            text=TEXT,
            timestep=499,
            compare="on",
            b_schedule="linear",
            b_graph="absorbing",
            b_num_timesteps="100",
        ),
    )
    first, second = chips_of(page)
    assert ids_of(first) == build_process({}).noise(TOKENS, 499, seed=7).tokens.tolist()
    other = build_process(
        {
            "num_timesteps": 100,
            "schedule": {"type": "linear"},
            "graph": {"type": "absorbing"},
        }
    )
    assert ids_of(second) == other.noise(TOKENS, 49, seed=7).tokens.tolist()
    assert "timestep 49 · alpha" in page
    assert ">A: cosine schedule, uniform graph</h2>" in page


def test_a_timestep_beyond_the_process_is_its_last(client: Client) -> None:
    page = page_text(client, address(timestep=5000, a_num_timesteps="10"))
    assert "timestep 9 · alpha" in page
    assert re.search(r'name="timestep"[^>]* value="9"', page)


def test_a_stored_schedule_goes_by_its_name(client: Client) -> None:
    services.schedule_create(
        slug="mine",
        specification={"schedule": {"type": "linear"}, "graph": {"type": "absorbing"}},
    )
    assert "/playground/?a-stored=mine" in page_text(client, "/schedules/mine/")
    page = page_text(client, address(text=TEXT, a_stored="mine", timestep=400))
    [row] = chips_of(page)
    process = build_process(
        {"schedule": {"type": "linear"}, "graph": {"type": "absorbing"}}
    )
    assert ids_of(row) == process.noise(TOKENS, 400, seed=7).tokens.tolist()
    assert ">mine</h2>" in page
    assert '<option value="mine" selected>mine</option>' in page
    assert re.search(r'<optgroup label="50,257 ids">\s*<option value="mine"', page)
    assert '<option value="min" selected>' in page_text(client, address(a_stored="min"))


def test_ids_beyond_the_tokenizers_read_as_numbers(client: Client) -> None:
    services.schedule_create(slug="large", specification={"vocab_size": 60_000})
    [row] = chips_of(
        page_text(client, address(a_stored="large", tokenizer="metamath", timestep=999))
    )
    beyond = [(i, text) for i, (_, _, text) in zip(ids_of(row), row, strict=True)
              if i >= 11_644]  # fmt: skip
    assert beyond
    assert all(text == f"#{i}" for i, text in beyond)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"text": ""}, "Text: <bdi>Enter a text."),
        ({"text": "a " * 3000}, "at most 4000 characters"),
        ({"text": "1+" * 1500}, "at most 2,048 tokens, got 3,000"),
        ({"tokenizer": "nope"}, "Tokenizer: <bdi>Select a valid choice"),
        ({"seed": "x"}, "Seed: <bdi>Enter a whole number"),
        ({"seed": str(2**64)}, "less than or equal to 18446744073709551615"),
        ({"timestep": "-1"}, "greater than or equal to 0"),
        ({"protect": "1, x"}, "A position must be a whole number from 0, got"),
        ({"protect": "1" * 5000}, "A position must be a whole number from 0, got"),
        ({"a_schedule": "nope"}, "Schedule of process A: <bdi>Select a valid choice"),
        ({"a_schedule__s": "-1"}, "s of process A: <bdi><code>s</code> must"),
        ({"a_schedule__time_range": "1, 0"}, "<code>time_range</code> must"),
        ({"a_num_timesteps": "NaN"}, "<code>Timesteps</code> must"),
        ({"a_num_timesteps": "1" * 5000}, "<code>Timesteps</code> must"),
        ({"a_graph": "mixture", "a_graph__share": "[" * 3000}, "Enter valid JSON"),
        ({"a_graph": "mixture", "a_graph__share": "[]"}, "<code>share</code>"),
        ({"a_graph": "marginal"}, "counts of process A: <bdi><code>graph.counts"),
        ({"a_stored": "cosin"}, "or it is archived; did you mean <code>cosine</code>?"),
        ({"a_stored": "cosine"}, "It has the ids 0 to 26, but the text has the id"),
        (
            {"a_graph": "gidd"},
            "Graph of process A: <bdi><code>graph.type",
        ),
        (
            {"a_graph": "banded"},
            "the tokenizer sets it, so choose another graph",
        ),
        ({"a_hyperschedule": "weights"}, "hyperschedule.weights</code> is required"),
        (
            {"a_hyperschedule": "weights", "a_hyperschedule__weights": "1, 2"},
            "one weight for each of the",
        ),
        (
            {"a_hyperschedule": "token_types", "a_critical": "0"},
            "Critical weight of process A: <bdi><code>hyperschedule.weights.critical",
        ),
        ({"compare": "on", "b_graph": "nope"}, "Graph of process B: <bdi>Select"),
        ({"compare": "on", "b_stored": "nope"}, "Stored schedule of process B"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_field(
    client: Client,
    stored_schedules: list[ScheduleConfig],
    fields: dict[str, str],
    message: str,
) -> None:
    page = page_text(client, address(**fields))
    assert message in page
    assert chips_of(page) == []
    assert "errorlist" in page


def test_a_process_that_costs_too_much_is_refused(
    client: Client, settings: Settings
) -> None:
    settings.MAX_WORK_SECONDS = 1e-6
    assert "to build; at most 1e-06 s" in page_text(client, "/playground/")


def test_errors_of_a_process_that_is_not_in_use_do_not_matter(client: Client) -> None:
    page = page_text(client, address(b_schedule="nope", b_num_timesteps="{"))
    assert len(chips_of(page)) == 1


HOSTILE = "<script>alert(1)</script> \u202eevil\u202c $x^2$ \x07"


def test_hostile_text_stays_text(client: Client) -> None:
    page = page_text(
        client,
        address(
            text=HOSTILE,
            timestep=0,
            a_stored="<script>",
            a_schedule__s='"><p>',
            b_schedule="<p>",
        ),
    )
    assert inline_parts(page) == []
    assert "&lt;script&gt;" in page
    [row] = chips_of(page_text(client, address(text=HOSTILE, timestep=0)))
    texts = "".join(text for _, _, text in row)
    assert texts.startswith("<script>alert(1)</script>")
    assert "\u202e" not in texts
    assert "U+0007" in texts


def test_the_page_goes_on_without_the_database(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE noising_scheduleconfig RENAME TO lost")
    assert chips_of(page_text(client, "/playground/"))
    page = page_text(client, address(a_stored="mine"))
    assert "The database cannot be used." in page


@pytest.mark.parametrize(
    ("fields", "queries"),
    [
        ({}, 1),
        ({"a_stored": "one"}, 2),
        ({"a_stored": "one", "b_stored": "two", "compare": "on"}, 3),
    ],
)
def test_queries_are_few(
    client: Client,
    fields: dict[str, str],
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for slug in ("one", "two", "three"):
        services.schedule_create(slug=slug, specification={})
    with django_assert_num_queries(queries):
        assert chips_of(page_text(client, address(**fields)))


def test_the_picture_takes_parameters_of_a_hyperschedule(client: Client) -> None:
    page = page_text(
        client,
        address(
            a_hyperschedule="block", a_hyperschedule__width="2", a_schedule__s="0.1"
        ),
    )
    found = re.search(r'<img src="(/playground/alpha.svg[^"]*)"', page)
    assert found
    assert client.head(found[1].replace("&amp;", "&")).status_code == 200


def test_the_picture_shows_alpha_of_both(client: Client) -> None:
    page = page_text(client, address(compare="on", text=TEXT, b_graph="hdlm_gamma"))
    found = re.search(r'<img src="(/playground/alpha.svg[^"]*)"', page)
    assert found
    path = found[1].replace("&amp;", "&")
    assert "text" not in path
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    again = client.get(path, headers={"if-none-match": answer.headers["ETag"]})
    assert again.status_code == 304
    other = client.get(address("/playground/alpha.svg", a_schedule="linear"))
    assert other.status_code == 200
    assert other.headers["ETag"] != answer.headers["ETag"]


@pytest.mark.parametrize(
    "path",
    [
        "/playground/alpha.json",
        "/playground/alpha.svg?a-graph=nope",
        "/playground/alpha.svg?a-graph=banded",
        "/playground/alpha.svg?tokenizer=nope",
    ],
)
def test_there_is_no_picture_of_what_is_no_process(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_other_sites_frame_only_the_embedded_page_which_has_no_session(
    client: Client, settings: Settings
) -> None:
    client.force_login(get_user_model().objects.create_user("ann"))
    path = address("/playground/embed/", text=TEXT, timestep=600, a_graph="absorbing")
    assert "x-frame-options" in client.get("/playground/").headers
    answer = client.get(path + "&denoise=a")
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "default-src 'self'" in policy
    assert "X-Frame-Options" not in answer.headers
    assert "Vary" not in answer.headers  # the session was not read
    assert not answer.cookies
    page = answer.content.decode()
    assert len(chips_of(page)) == 1
    assert inline_parts(page) == []
    assert 'method="post"' not in page
    assert 'href="/playground/?text=If' in page
    assert "<bdi>Enter a text." in page_text(client, "/playground/embed/?text=")
    assert "data-embed-code" in page_text(client, "/playground/")
    settings.ACCESS = "closed"
    assert client.get(path).status_code == 404
    assert "data-embed-code" not in client.get("/playground/").content.decode()


def test_every_type_has_fields_for_the_script(client: Client) -> None:
    page = page_text(client, "/playground/parameters/")
    power = page.partition('data-part="schedule" data-type="power">')[2]
    assert re.search(r'name="schedule.exponent"[^>]* data-default="2"', power)
    assert "Above 0; default 2." in power
    assert page.count("<template") == page.count("</template>") > 20
    assert 'name="hyperschedule.classes"' not in page
    assert inline_parts(page) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_fits_its_tokenizer(client: Client, example: Example) -> None:
    page = page_text(client, f"/playground/?{example.query}&timestep=0")
    texts = "".join(text for row in chips_of(page) for _, _, text in row)
    assert "[UNK]" not in texts
    assert texts.startswith(example.text[:2])


@pytest.mark.parametrize("path", ["/playground/", "/playground/state.json"])
def test_the_playground_is_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("part", ["processes", "panels"])
def test_a_costly_process_without_a_permit_is_refused_with_the_time_to_repeat_it(
    client: Client, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(budget, "COSTLY_FROM_SECONDS", 0.0)
    semaphore = budget.WorkSemaphore(1, least_retry_seconds=5)
    monkeypatch.setattr(f"noising.dashboard.playground.{part}.PAGE_WORK", semaphore)
    with semaphore.permit(1.0):
        for path in ("/playground/", "/playground/state.json"):
            refused = client.get(path)
            assert refused.status_code == 503
            assert refused.headers["Retry-After"] == "5"
            assert str(budget.BusyError(5)) in refused.content.decode()
    assert client.get("/playground/").status_code == 200
