import json
import re

import pytest
from django.test import Client
from django.utils.http import urlencode

from noising.dashboard import verdicts
from tests.dashboard.pages import inline_parts, page_text

pytestmark = pytest.mark.django_db

LEAKY = {"num_timesteps": 100, "schedule": {"type": "linear"}}


def test_the_form_is_shown_before_anything_is_checked(client: Client) -> None:
    page = page_text(client, "/check/")
    assert '<option value="llada">LLaDA' in page
    assert "Verdict" not in page
    assert "null</textarea>" not in page


def test_a_type_is_judged_and_what_is_better_is_one_click_away(client: Client) -> None:
    page = page_text(client, "/check/?schedule=linear&num_timesteps=100")
    assert "30.3% of the information about the data is left" in page
    assert "alpha ends at 2.04e-05" in page
    assert "terminal_leak" in page
    assert page.count('href="/check/?specification=') == 2
    assert 'href="/new/schedule/?specification=' in page
    assert "/plots/draft/information.svg?specification=" in page
    assert inline_parts(page) == []


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"schedule": "llada"}, "loglinear over the graph absorbing, 1,000 timesteps"),
        (
            {"schedule": "cosine", "graph": "absorbing", "vocab_size": "27"},
            "cosine over the graph absorbing, 1,000 timesteps, 27 ids",
        ),
        ({"specification": json.dumps(LEAKY)}, "linear over the graph uniform, 100"),
        ({"schedule": "cosine", "graph": "gidd"}, "only with the schedule"),
        ({"num_timesteps": "0"}, "greater than or equal to 1"),
        ({"specification": "{"}, "Enter a valid JSON"),
        ({"specification": '{"schedule": {"type": "cosin"}}'}, "did you mean"),
        ({"specification": json.dumps(LEAKY) + " " * 3000}, "fit into the URL"),
        ({"vocab_size": "16777216"}, "<code>vocab_size</code> must be at most"),
    ],
)
def test_every_way_to_name_a_process(
    client: Client, query: dict[str, str], shown: str
) -> None:
    assert shown in page_text(client, f"/check/?{urlencode(query)}")


def test_the_types_have_fields_for_their_parameters(client: Client) -> None:
    page = page_text(client, "/check/?schedule=linear&graph=absorbing")
    assert 'name="schedule.beta_max" value="0.02"' in page
    assert '<input type="hidden" name="of" value="linear">' in page
    assert 'name="graph.mask_id"' in page
    query = {
        "schedule": "linear",
        "of": "linear",
        "num_timesteps": "100",
        "schedule.beta_min": "0.001",
        "schedule.beta_max": "0.2",
    }
    page = page_text(client, f"/check/?{urlencode(query)}")
    assert "&quot;beta_max&quot;: 0.2," in page
    assert "35.0% of the timesteps are wasted" in page
    # Values of another type do not count, though both have a parameter of this name.
    query |= {"of": "geometric", "schedule": "quadratic"}
    page = page_text(client, f"/check/?{urlencode(query)}")
    assert 'name="schedule.beta_max" value="0.02"' in page
    query |= {"of": "quadratic", "schedule.beta_max": "2"}
    page = page_text(client, f"/check/?{urlencode(query)}")
    beside = page[page.index('id="id_schedule.beta_max_error"') :].split("</ul>")[0]
    assert "must lie in [0, 1), got 2" in beside
    assert inline_parts(page) == []


def test_a_verdict_may_take_too_long(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "MOST_SECONDS", 0.0)
    page = page_text(client, "/check/?schedule=linear")
    assert "Too slow to compute for this page" in page


def test_a_draft_is_drawn_from_its_address(client: Client) -> None:
    good = json.dumps({"schedule": {"type": "sedd_entropy"}})
    query = {"specification": json.dumps(LEAKY), "better": good}
    chart = client.get(f"/plots/draft/alpha.json?{urlencode(query)}").json()
    assert [line["name"] for line in chart["panels"][0]["lines"]] == ["this", "instead"]
    for wrong in ({}, {"specification": "{"}, query | {"better": '{"x": 1}'}):
        address = f"/plots/draft/alpha.json?{urlencode(wrong)}"
        assert client.get(address).status_code == 404


def test_a_configuration_is_imported_with_notes_by_key_and_a_verdict(
    client: Client,
) -> None:
    assert "Keys of the configuration" not in page_text(client, "/import/")
    config = "graph: {type: absorb}\nnoise: {type: loglinear}\nngpus: 8\nodd: <b>"
    response = client.post("/import/", {"config": config, "source": "auto"})
    page = response.content.decode()
    assert response.status_code == 200
    for shown in (
        "Read as a configuration of sedd",
        "loglinear over the graph absorbing, 1,000 timesteps, 50,257 ids",
        "no timestep is wasted",
        'href="/new/schedule/?specification=',
        "<bdi>noise.type</bdi>",
    ):
        assert shown in page, shown
    rows = re.findall(r"<bdi>([\w.]+)</bdi>.*?badge[\w -]*\">([\w ]+)<", page)
    kinds = dict(rows)
    assert kinds["noise.type"] == "used"
    assert kinds["ngpus"] == "no meaning"
    assert kinds["odd"] == "not understood"
    assert rows[0][1] not in ("used", "no meaning")  # what to mind comes first
    assert inline_parts(page) == []


def test_what_cannot_be_imported_is_told_at_its_field(client: Client) -> None:
    for config, source, shown in (
        ("a: 1", "auto", "must be a configuration of sedd"),
        ("a: [", "auto", "config</code> must"),
        ("graph: {type: absorb}", "mdlm", "config.graph.type</code>"),
        ("", "auto", "This field is required."),
    ):
        response = client.post("/import/", {"config": config, "source": source})
        assert response.status_code == 422
        assert shown in response.content.decode()
