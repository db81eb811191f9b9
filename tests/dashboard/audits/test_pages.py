"""The pages of audits that read: list, one audit, comparison, plots, template."""

import io

import numpy as np
import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from noising.audit import audit
from noising.audits import audit_create
from noising.configured import default_process
from noising.curves.labels import TIME
from tests.api.access import account
from tests.audits import CLAIM, pairs, stored
from tests.dashboard.pages import inline_parts, page_text, turns_text_around

pytestmark = pytest.mark.django_db

NOBODY = "01890000-0000-7000-8000-000000000000"


def test_the_list_is_filtered_by_its_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert "Nothing has been audited yet" in page_text(client, "/audits/")
    stored(name="Collator\u202e", tags=["paper"], owner=account("ada"))
    stored(name="Trainer", faulty=True)
    with django_assert_num_queries(2):
        page = page_text(client, "/audits/")
    assert "2 audits. Select 2 to 8 to compare them." in page
    assert '<span class="badge badge-failed">failed</span>' in page
    assert "<code>wrong_alpha</code>" in page
    assert "loglinear, absorbing" in page
    assert inline_parts(page) == []
    assert not turns_text_around(page)
    assert "Trainer" not in page_text(client, "/audits/?verdict=passed")
    assert "Collator" not in page_text(client, "/audits/?code=wrong_alpha")
    assert "No audit matches" in page_text(client, "/audits/?code=mask_in_data")


def test_an_audit_names_the_fault_its_cause_and_the_way_out(client: Client) -> None:
    wrong = stored(faulty=True, name="Trainer", notes="Why?", tags=["x"])
    page = page_text(client, wrong.get_absolute_url())
    for shown in (
        "Another share of tokens changed than alpha(t) gives <code>wrong_alpha</code>",
        "May follow from wrong_alpha",
        "Compare the measured curve of alpha with the declared one.",
        "schedule <code>cosine</code>",
        "A fault of the stated size is found with the chance 0.99",
        "noising audit pairs.npz --spec spec.json",
        f"/api/v1/audits/{wrong.pk}/export?format=pdf",
        f"http://testserver/audits/{wrong.pk}/",
        f'data-chart="/plots/audits/{wrong.pk}/alpha.json?v=',
    ):
        assert shown in page, shown
    assert page.index("finding-wrong_alpha") < page.index("finding-uneven_counts")
    assert "download</a>" not in page
    assert inline_parts(page) == []

    right = page_text(client, stored().get_absolute_url())
    assert "No test contradicts the claim" in right
    assert client.get(f"/audits/{NOBODY}/").status_code == 404


def test_the_command_has_the_claims(client: Client) -> None:
    given = pairs(64, 8)
    report = audit(
        given["x0"], given["xt"], CLAIM, t=given["t"], low=0.25, form="1/t", block=4
    )
    page = page_text(client, audit_create(report=report).get_absolute_url())
    command = "noising audit pairs.npz --spec spec.json --low 0.25 --block 4 --form 1/t"
    assert command in page


def test_plots_come_as_images_and_as_numbers(client: Client) -> None:
    wrong = stored(faulty=True)
    for name in ("alpha", "positions", "times", "tests", "overview"):
        response = client.get(f"/plots/audits/{wrong.pk}/{name}.svg")
        assert response.content.startswith(b"<?xml"), name
    [panel] = client.get(f"/plots/audits/{wrong.pk}/alpha.json").json()["panels"]
    measured, declared = panel["lines"]
    assert len(measured["y"]) == len(declared["y"]) == 64
    assert panel["x"] == [{"name": "time", "label": str(TIME)}]
    chart = client.get(f"/plots/audits/{wrong.pk}/positions.json").json()
    assert chart["panels"][0]["x"][0]["name"] == "position"
    for path in (
        f"{wrong.pk}/tests.json",
        f"{wrong.pk}/mine.svg",
        f"{NOBODY}/alpha.svg",
    ):
        assert client.get(f"/plots/audits/{path}").status_code == 404, path


def test_a_comparison_says_what_is_gone_and_what_is_new(client: Client) -> None:
    wrong, right = stored(faulty=True, name="Before"), stored(name="After")
    ids = f"{wrong.pk},{right.pk}"
    page = page_text(client, f"/audits/compare/?ids={ids}")
    assert '<span class="badge badge-passed">gone</span>' in page
    assert "None: claims and sizes are the same." in page
    assert page.index("1 · Before") < page.index("2 · After")
    page = page_text(client, f"/audits/compare/?ids={ids}&baseline={right.pk}")
    assert '<span class="badge badge-failed">new</span>' in page
    assert inline_parts(page) == []

    page = page_text(client, f"/audits/compare/?ids={wrong.pk}")
    assert f'<option value="{wrong.pk}" data-note="failed' in page
    assert f'<option value="{right.pk}" data-note="passed' in page
    assert page.count(" selected>") == 1
    page = page_text(client, f"/audits/compare/?ids={NOBODY},mine")
    assert "Choose at least two audits" in page
    assert "<bdi>mine</bdi> is not an audit." in page
    many = ",".join([str(wrong.pk), str(right.pk), *map(str, range(8))])
    assert "2 left out" in page_text(client, f"/audits/compare/?ids={many}")


def test_the_template_is_a_file_of_pairs(client: Client) -> None:
    response = client.get("/audits/template.npz")
    assert response.headers["Content-Type"] == "application/x-npz"
    with np.load(io.BytesIO(response.content)) as file:
        arrays = dict(file)
    x0, xt = arrays.pop("x0"), arrays.pop("xt")
    assert audit(x0, xt, default_process(), **arrays).verdict == "passed"
