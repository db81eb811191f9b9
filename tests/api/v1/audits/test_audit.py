"""GET and PATCH /api/v1/audits and audits/{id}: lists, changes, files, comparison."""

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from jsonschema import Draft202012Validator
from pytest_django import DjangoAssertNumQueries

from noising.api.audits import examples
from noising.models import Audit
from tests.api.access import account, token_client
from tests.api.problems import pointers_of, problem_of
from tests.audits import report_of, stored

pytestmark = pytest.mark.django_db

LIST = "/api/v1/audits"
NOWHERE = f"{LIST}/01890000-0000-7000-8000-000000000000"


@pytest.fixture
def several(ada: User) -> dict[str, Audit]:
    """Audits that differ, by what they stand for."""
    return {
        "right": stored(owner=ada, name="Collator", tags=["paper"]),
        "wrong": stored(faulty=True, notes="Trainer of March", tags=["x"]),
        "archived": stored(),
    }


FILTERS: list[tuple[str, set[str]]] = [
    ("", {"right", "wrong"}),
    ("verdict=failed", {"wrong"}),
    ("code=wrong_alpha", {"wrong"}),
    ("code=mask_in_data", set()),
    ("tag=paper", {"right"}),
    ("owner=ada", {"right"}),
    ("search=march+TRAINER", {"wrong"}),
    ("search=wrong_alpha", {"wrong"}),
    ("archived=true", {"archived"}),
    ("archived=all&ordering=name", {"right", "wrong", "archived"}),
]


def test_lists_are_filtered(
    anyone: Client,
    several: dict[str, Audit],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    several["archived"].archived_at = several["archived"].created_at
    several["archived"].save()
    for query, expected in FILTERS:
        results = anyone.get(f"{LIST}?{query}").json()["results"]
        found = {entry["id"] for entry in results}
        assert found == {str(several[name].pk) for name in expected}, query
    fingerprint = report_of().fingerprint
    assert anyone.get(f"{LIST}?fingerprint={fingerprint}").json()["count"] == 2
    with django_assert_num_queries(2):
        page = anyone.get(f"{LIST}?page_size=1").json()
    assert (page["count"], len(page["results"])) == (2, 1)
    assert "report" not in page["results"][0]
    for query in ("code=mine", "verdict=maybe", "colour=red", "ordering=report"):
        assert pointers_of(anyone.get(f"{LIST}?{query}"))


def test_name_notes_and_tags_change_and_nothing_else(client: Client, ada: User) -> None:
    audit = stored(owner=ada, name="Old", notes="Old.", tags=["old"])
    path = f"{LIST}/{audit.pk}"

    def patch(**changes: Any) -> Any:
        return client.patch(path, changes, content_type="application/json")

    answer = patch(name="New").json()
    assert (answer["name"], answer["notes"], answer["tags"]) == ("New", "Old.", ["old"])
    answer = patch(notes="", tags=["a"]).json()
    assert (answer["name"], answer["notes"], answer["tags"]) == ("New", "", ["a"])
    for changes, pointer in (
        ({"verdict": "failed"}, "#/verdict"),
        ({"report": {}}, "#/report"),
        ({"name": "a" * 101}, "#/name"),
        ({"tags": "a"}, "#/tags"),
    ):
        assert pointers_of(patch(**changes))[0][0] == pointer


def test_an_audit_goes_into_the_archive_and_comes_back(
    client: Client, ada: User
) -> None:
    path = f"{LIST}/{stored(owner=ada).pk}"
    assert client.post(f"{path}/archive").json()["archived_at"]
    assert client.get(LIST).json()["count"] == 0
    assert client.get(path).status_code == 200
    assert client.post(f"{path}/unarchive").json()["archived_at"] is None


def test_only_owner_and_staff_change_an_audit(ada: User, anyone: Client) -> None:
    audit = stored(owner=ada)
    path = f"{LIST}/{audit.pk}"
    for caller, status in ((anyone, 401), (token_client(account("bob")), 403)):
        changes = {"name": "Mine"}
        answers = [
            caller.patch(path, changes, content_type="application/json"),
            caller.post(f"{path}/archive"),
            caller.delete(f"{path}/pairs"),
        ]
        for answer in answers:
            problem_of(answer, status)
    audit.refresh_from_db()
    assert (audit.name, audit.archived_at) == ("", None)


def test_an_unknown_audit_is_not_found(client: Client, anyone: Client) -> None:
    for path in ("", "/export", "/pairs", "/plots/alpha"):
        problem_of(anyone.get(NOWHERE + path), 404)
    problem_of(client.post(f"{NOWHERE}/archive"), 404)
    right = stored()
    problem_of(anyone.get(f"{LIST}/{right.pk}/plots/mine"), 404)
    problem_of(anyone.get(f"{LIST}/{right.pk}/pairs"), 404)
    ids = f"{right.pk},{NOWHERE.rpartition('/')[2]}"
    problem_of(anyone.get(f"{LIST}/compare?ids={ids}"), 404)


def test_reports_are_exported_and_drawn(anyone: Client) -> None:
    audit = stored(faulty=True)
    path = f"{LIST}/{audit.pk}"
    response = anyone.get(f"{path}/export")
    assert response.json() == report_of(faulty=True).as_dict()
    name = response.headers["Content-Disposition"].split("filename=")[1]
    assert name.startswith('"audit-of-')
    assert name.endswith(f'-{str(audit.pk)[:13]}.json"')

    text = anyone.get(f"{path}/export?format=csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["code"] == "wrong_alpha"
    assert rows[0]["severity"] == "error"
    assert float(rows[0]["smallest_fault"]) > 0.0
    codes = [row["code"] for row in rows]
    assert sorted(codes) == sorted(test["code"] for test in audit.report["tests"])

    for query, start in (
        ("export?format=pdf", b"%PDF"),
        ("plots/alpha", b"<?xml"),
        ("plots/positions?format=png", b"\x89PNG"),
        ("plots/times?format=pdf", b"%PDF"),
        ("plots/tests", b"<?xml"),
    ):
        response = anyone.get(f"{path}/{query}")
        assert response.content.startswith(start), query
    again = anyone.get(
        f"{path}/plots/tests", headers={"if-none-match": response.headers["ETag"]}
    )
    assert again.status_code == 304


def test_pairs_without_times_have_plots_too(anyone: Client, client: Client) -> None:
    body = {name: examples.NEW[name] for name in ("schedule", "x0", "xt")}
    made = client.post(LIST, body, content_type="application/json").json()
    for name in ("alpha", "times", "overview"):
        assert anyone.get(f"{LIST}/{made['id']}/plots/{name}").status_code == 200


def test_audits_are_compared(anyone: Client) -> None:
    wrong, right = stored(faulty=True), stored()
    ids = f"{wrong.pk},{right.pk}"
    answer = anyone.get(f"{LIST}/compare?ids={ids}").json()
    assert answer["baseline"] == str(wrong.pk)
    assert answer["parameters"] == []
    [alpha] = [row for row in answer["codes"] if row["code"] == "wrong_alpha"]
    assert alpha["values"][str(wrong.pk)]["change"] == "still"
    assert alpha["values"][str(right.pk)]["change"] == "gone"
    assert alpha["values"][str(right.pk)]["finding"] is None
    assert alpha["values"][str(right.pk)]["test"]["tests"] > 1
    other = anyone.get(f"{LIST}/compare?ids={ids}&baseline={right.pk}").json()
    [alpha] = [row for row in other["codes"] if row["code"] == "wrong_alpha"]
    assert alpha["values"][str(wrong.pk)]["change"] == "new"
    for query in (f"ids={wrong.pk}", "ids=a,b", f"ids={ids}&metric=alpha"):
        assert pointers_of(anyone.get(f"{LIST}/compare?{query}"))


def test_answers_are_as_described(anyone: Client) -> None:
    headers = {"accept": "application/json", "host": "localhost"}
    described = anyone.get("/api/schema/", headers=headers).json()
    one, two = stored(faulty=True), stored(name="Two")

    def check(name: str, instance: Any) -> None:
        schema = described | {"$ref": f"#/components/schemas/{name}"}
        Draft202012Validator(schema).validate(instance)

    answer = anyone.get(f"{LIST}/{one.pk}").json()
    check("AuditDetail", answer)
    properties = described["components"]["schemas"]["AuditDetail"]["properties"]
    assert set(answer) == set(properties)
    check("PaginatedAuditList", anyone.get(LIST).json())
    compared = anyone.get(f"{LIST}/compare?ids={one.pk},{two.pk}").json()
    check("AuditComparison", compared)
