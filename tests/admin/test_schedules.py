import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from noising import services
from noising.engine import build_process
from noising.engine.certify import certify
from noising.models import BenchmarkRun, ScheduleConfig
from tests.runs import record_results

pytestmark = pytest.mark.django_db

LIST = "/admin/noising/scheduleconfig/"
ADD = f"{LIST}add/"
SMALL = {"vocab_size": 27, "num_timesteps": 10, "schedule": {"type": "loglinear"}}
FORM = {
    "slug": "mine",
    "specification": json.dumps(SMALL),
    "notes": "Why.",
    "tags": "one, two,",
}


def change(config: ScheduleConfig) -> str:
    return f"{LIST}{config.pk}/change/"


def error_text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.context["adminform"].form.errors)


@pytest.fixture
def config() -> ScheduleConfig:
    return services.schedule_create(slug="small", specification=SMALL, tags=["a", "b"])


def test_adding_stores_what_the_service_stores(admin_client: Client) -> None:
    assert admin_client.get(ADD).status_code == 200
    assert admin_client.post(ADD, FORM).status_code == 302
    config = ScheduleConfig.objects.get()
    assert config.slug == "mine"
    assert config.num_timesteps == 10
    assert config.tags == ["one", "two"]
    assert config.owner is not None
    assert config.owner.username == "admin"
    assert LogEntry.objects.get().object_id == str(config.pk)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("slug", "compare", "choose another name"),
        ("slug", "a b", "valid “slug”"),
        ("slug", "", "required"),
        ("slug", "small", "with this name already"),
        ("tags", "a,a", "only once"),
        ("tags", "x" * 51, "1 to 50 characters"),
        ("specification", "{", "valid JSON"),
        ("specification", "[" * 100_000, "valid JSON"),
        ("specification", "1" * 5000, "valid JSON"),
        ("specification", "[]", "required"),
        ("specification", "[1]", "must be"),
        ("specification", '{"vocab_size": NaN}', "vocab_size"),
        ("specification", '{"schedule": {"type": "cosin"}}', "cosine"),
        ("specification", '{"vocab": 3}', "vocab"),
        ("specification", "", "required"),
    ],
)
def test_what_cannot_be_stored_is_said_beside_the_field(
    admin_client: Client, config: ScheduleConfig, field: str, value: str, said: str
) -> None:
    text = error_text(admin_client.post(ADD, FORM | {field: value}))
    assert said in text
    assert ScheduleConfig.objects.get() == config


def test_changing_an_unused_configuration(
    admin_client: Client, config: ScheduleConfig
) -> None:
    page = admin_client.get(change(config)).content.decode()
    assert 'value="a, b"' in page
    form = FORM | {"specification": json.dumps({**SMALL, "num_timesteps": 20})}
    assert admin_client.post(change(config), form).status_code == 302
    config.refresh_from_db()
    assert (config.slug, config.num_timesteps) == ("small", 20)
    assert (config.notes, config.tags) == ("Why.", ["one", "two"])


def test_the_specification_in_use_is_shown_and_cannot_be_changed(
    admin_client: Client, recorded_run: BenchmarkRun
) -> None:
    config = ScheduleConfig.objects.get(slug="cosine")
    before = config.specification
    page = admin_client.get(change(config)).content.decode()
    assert 'name="specification"' not in page
    assert "&quot;max_beta&quot;: 0.999" in page
    assert admin_client.post(change(config), FORM).status_code == 302
    config.refresh_from_db()
    assert config.specification == before
    assert config.notes == "Why."


def test_a_run_that_appears_meanwhile_keeps_the_specification(
    admin_client: Client, config: ScheduleConfig, document: dict[str, Any]
) -> None:
    # The form was opened before the run was recorded.
    entry = document["schedules"][0]
    entry["name"] = "small"
    entry["specification"] = config.specification
    record_results(document)
    form = FORM | {"specification": json.dumps({**SMALL, "num_timesteps": 20})}
    admin_client.post(change(config), form)
    config.refresh_from_db()
    assert config.num_timesteps == 10


def test_shows_plots_and_findings(
    admin_client: Client, recorded_run: BenchmarkRun
) -> None:
    config = ScheduleConfig.objects.get(slug="uniform")
    page = admin_client.get(change(config)).content.decode()
    for name in ("alpha", "information", "sigma"):
        address = f"/plots/schedules/uniform/{name}.svg"
        assert f'<img src="{address}"' in page
        assert admin_client.get(address).status_code == 200
    assert "wasted_timesteps" in page
    assert "noising/admin.css" in page


def test_what_people_typed_is_text(admin_client: Client) -> None:
    config = services.schedule_create(
        slug="mine", specification=SMALL, notes="<script>x</script>", tags=["<b>"]
    )
    page = admin_client.get(change(config)).content.decode()
    assert "<script>x" not in page
    assert "<b>" not in page.replace("<b class", "")


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("", ["cosine", "sedd-absorbing", "sedd_entropy"]),
        ("?archived=yes", ["uniform"]),
        ("?archived=all", ["cosine", "sedd-absorbing", "sedd_entropy", "uniform"]),
        ("?schedule=cosine", ["cosine"]),
        ("?graph=absorbing", ["sedd-absorbing"]),
        ("?q=entropy", ["sedd_entropy"]),
        ("?q=favourite", ["cosine"]),
        ("?o=2", ["cosine", "sedd-absorbing", "sedd_entropy"]),
    ],
)
def test_lists_filters_and_finds(
    admin_client: Client,
    stored_schedules: list[ScheduleConfig],
    query: str,
    slugs: list[str],
) -> None:
    by_slug = {config.slug: config for config in stored_schedules}
    services.schedule_archive(schedule=by_slug["uniform"])
    services.schedule_update(schedule=by_slug["cosine"], tags=["favourite"])
    response = admin_client.get(LIST + query)
    assert response.status_code == 200
    listed = response.context["cl"].result_list
    assert sorted(config.slug for config in listed) == slugs


def test_the_list_needs_as_many_queries_for_any_number_of_rows(
    admin_client: Client,
    stored_schedules: list[ScheduleConfig],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    # Session, account; two counts, the rows; two date ranges; two filters' choices.
    with django_assert_num_queries(9):
        admin_client.get(LIST)
    for index in range(5):
        services.schedule_create(slug=f"more-{index}", specification=SMALL)
    with django_assert_num_queries(9):
        admin_client.get(LIST)


def test_archives_and_brings_back_what_is_selected(
    admin_client: Client, config: ScheduleConfig
) -> None:
    selection = {"_selected_action": [config.pk]}
    admin_client.post(LIST, {"action": "archive", **selection})
    config.refresh_from_db()
    assert config.archived_at is not None
    admin_client.post(f"{LIST}?archived=yes", {"action": "unarchive", **selection})
    config.refresh_from_db()
    assert config.archived_at is None


def test_a_configuration_in_use_is_not_deleted(
    admin_client: Client, recorded_run: BenchmarkRun
) -> None:
    config = ScheduleConfig.objects.get(slug="cosine")
    admin_client.post(f"{LIST}{config.pk}/delete/", {"post": "yes"})
    assert ScheduleConfig.objects.filter(pk=config.pk).exists()


def test_who_may_only_look_changes_nothing(
    client: Client, config: ScheduleConfig
) -> None:
    reader = get_user_model().objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_scheduleconfig"))
    client.force_login(reader)
    page = client.get(change(config)).content.decode()
    assert "&quot;loglinear&quot;" in page
    assert "<textarea" not in page
    assert client.post(change(config), FORM).status_code == 403
    assert client.get(ADD).status_code == 403
    listed = client.get(LIST).content.decode()
    assert 'value="archive"' not in listed
    client.post(LIST, {"action": "archive", "_selected_action": [config.pk]})
    config.refresh_from_db()
    assert config.archived_at is None
    assert config.notes == ""


def test_who_is_not_staff_sees_nothing(client: Client, config: ScheduleConfig) -> None:
    client.force_login(get_user_model().objects.create_user("someone"))
    for path in (LIST, ADD, change(config)):
        assert client.get(path).status_code == 302


def test_a_certificate_is_shown_and_cannot_be_changed(
    admin_client: Client, config: ScheduleConfig
) -> None:
    page = admin_client.get(change(config)).content.decode()
    assert "Not certified yet." in page
    services.schedule_certify(certificate=certify(build_process(SMALL), samples=512))
    response = admin_client.get(change(config))
    page = response.content.decode()
    assert "golden_vectors" in page
    assert "passed" in page
    assert "certificate" not in response.context["adminform"].form.fields
    document = ScheduleConfig.objects.get().certificate
    posted = FORM | {"slug": "small", "certificate": "{}", "certified_at": ""}
    assert admin_client.post(change(config), posted).status_code == 302
    assert ScheduleConfig.objects.get().certificate == document
