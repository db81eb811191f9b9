import pytest
from django.test import Client

from noising.engine import build_process
from tests.dashboard.pages import page_text

pytestmark = pytest.mark.django_db


def test_the_form_is_ready_to_be_sent(client: Client) -> None:
    page = page_text(client, "/status/")
    assert "101, 2054, 2003, 2048, 2010, 102</textarea>" in page
    assert 'name="timestep" value="500"' in page
    assert "of 6 changed" not in page


def test_tokens_are_noised_as_the_api_does(client: Client) -> None:
    tokens = [101, 2054, 2003, 2048, 2010, 102]
    query = "tokens=101,2054+2003,2048,2010,102&timestep=500&seed=7"
    page = page_text(client, f"/status/?{query}")
    noised = client.post(
        "/noise",
        {"tokens": tokens, "timestep": 500, "seed": 7},
        content_type="application/json",
    ).json()["noised_tokens"]
    assert noised == build_process({}).noise(tokens, 500, seed=7).tokens.tolist()
    for before, after in zip(tokens, noised, strict=True):
        chip = f'<ins class="chip" title="was {before}">{after}</ins>'
        assert (chip in page) == (before != after)
    changed = sum(a != b for a, b in zip(tokens, noised, strict=True))
    assert f"{changed} of 6 changed" in page


def test_links_from_before_the_status_page_still_work(client: Client) -> None:
    response = client.get("/dashboard/?tokens=1,2&timestep=5&seed=7")
    assert response.headers["Location"] == "/status/?tokens=1%2C2&timestep=5&seed=7"


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("tokens=1,x&timestep=5", "got &#x27;x&#x27;"),
        ("tokens=50257&timestep=5", "in 0..50256"),
        ("tokens=1&timestep=1000", "The timestep must lie in 0..999, got 1000."),
        ("tokens=1&timestep=-1", "greater than or equal to 0"),
        ("tokens=1&timestep=5&seed=-1", "greater than or equal to 0"),
        (f"tokens={'1,' * 513}&timestep=5", "At most 512 tokens are allowed here"),
        ("tokens=&timestep=5", "This field is required."),
    ],
)
def test_what_cannot_be_noised_is_told(
    client: Client, query: str, complaint: str
) -> None:
    page = page_text(client, f"/status/?{query}")
    assert complaint in page
    assert "changed (underlined)" not in page
