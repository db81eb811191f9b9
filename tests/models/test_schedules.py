from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from noising import services
from noising.models import BenchmarkRun, BenchmarkSchedule, ScheduleConfig
from noising.runs import resolve_config, run_create

pytestmark = pytest.mark.django_db

SMALL = {"vocab_size": 27, "num_timesteps": 10, "schedule": {"type": "loglinear"}}


@pytest.fixture
def config() -> ScheduleConfig:
    return services.schedule_create(slug="small", specification=SMALL)


@pytest.fixture
def used(recorded_run: BenchmarkRun) -> ScheduleConfig:
    measured = BenchmarkSchedule.objects.exclude(config=None).first()
    assert measured is not None
    assert measured.config is not None
    return measured.config


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("slug", "", "slug_allowed"),
        ("slug", "compare", "slug_allowed"),
        ("slug", "import", "slug_allowed"),
        ("num_timesteps", 0, "num_timesteps_in_range"),
        ("num_timesteps", 100_001, "num_timesteps_in_range"),
        ("vocab_size", 1, "vocab_size_in_range"),
        ("vocab_size", 2**24 + 1, "vocab_size_in_range"),
        ("fingerprint", "abc", "fingerprint_is_sha256"),
    ],
)
def test_the_database_refuses(
    config: ScheduleConfig, column: str, value: object, constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=f"scheduleconfig_{constraint}"):
        ScheduleConfig.objects.filter(pk=config.pk).update(**{column: value})


@pytest.mark.parametrize(
    "columns",
    [{"certificate": {"verdict": "passed"}}, {"certified_at": timezone.now()}],
)
def test_the_database_refuses_a_certificate_without_its_time(
    config: ScheduleConfig, columns: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError, match="certificate_has_its_time"):
        ScheduleConfig.objects.filter(pk=config.pk).update(**columns)


def test_the_database_refuses_a_slug_twice(config: ScheduleConfig) -> None:
    other = services.schedule_create(slug="other", specification=SMALL)
    with pytest.raises(IntegrityError):
        ScheduleConfig.objects.filter(pk=other.pk).update(slug=config.slug)


def test_an_unused_specification_may_change(config: ScheduleConfig) -> None:
    config.specification = config.specification | {"num_timesteps": 11}
    config.save()
    assert ScheduleConfig.objects.get().specification["num_timesteps"] == 11


def test_a_specification_that_a_run_refers_to_never_changes(
    used: ScheduleConfig,
) -> None:
    changed = used.specification | {"num_timesteps": 11}
    with pytest.raises(ValidationError, match="another name"):
        services.schedule_update(schedule=used, specification=changed)
    used.specification = changed
    with pytest.raises(ValidationError, match="another name"):
        used.full_clean()
    with pytest.raises(ValidationError, match="another name"):
        used.save()
    assert ScheduleConfig.objects.get(pk=used.pk).num_timesteps == 1000


def test_nor_does_one_that_a_run_is_still_to_measure(config: ScheduleConfig) -> None:
    asked = resolve_config(
        schedules=["small"],
        baseline="cosine",
        corpus="synthetic",
        timesteps=None,
        samples=10,
        seed=0,
    )
    run = run_create(config=asked)
    config.specification = config.specification | {"num_timesteps": 11}
    with pytest.raises(ValidationError, match="another name"):
        config.save()
    run.delete()
    config.save()


def test_notes_and_tags_of_a_used_configuration_may_change(
    used: ScheduleConfig,
) -> None:
    services.schedule_update(
        schedule=used, specification=used.specification, notes="New.", tags=["new"]
    )
    used.refresh_from_db()
    assert (used.notes, used.tags) == ("New.", ["new"])


def test_a_configuration_read_without_its_specification_can_be_saved(
    used: ScheduleConfig,
) -> None:
    listed = ScheduleConfig.objects.with_summary().get(pk=used.pk)
    services.schedule_archive(schedule=listed)
    assert ScheduleConfig.objects.get(pk=used.pk).archived_at is not None


def test_a_used_configuration_cannot_be_deleted(used: ScheduleConfig) -> None:
    with pytest.raises(ProtectedError), transaction.atomic():
        used.delete()
    assert ScheduleConfig.objects.filter(pk=used.pk).exists()


def test_counts_findings_by_severity_gravest_first() -> None:
    severities = ["info", "error", "info", "warning"]
    config = ScheduleConfig(lint_findings=[{"severity": name} for name in severities])
    assert list(config.lint_counts.items()) == [
        ("error", 1),
        ("warning", 1),
        ("info", 2),
    ]


def test_summaries_are_read_in_one_query(
    recorded_run: BenchmarkRun,
    document: dict[str, Any],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        rows = [
            (config.slug, config.schedule_type, config.graph_type, config.run_count)
            for config in ScheduleConfig.objects.with_summary()
        ]
    measured = {entry["name"] for entry in document["schedules"]}
    assert ("sedd-absorbing", "sedd_entropy", "absorbing", 0) in rows
    assert {slug for slug, *_, count in rows if count} == measured


def test_the_dashboard_plots_the_newest_that_are_not_archived() -> None:
    for index in range(11):
        services.schedule_create(slug=f"config-{index}", specification=SMALL)
    services.schedule_archive(schedule=ScheduleConfig.objects.get(slug="config-10"))
    expected = [f"config-{index}" for index in range(9, 1, -1)]
    assert [config.slug for config in ScheduleConfig.objects.for_plots()] == expected


def test_plots_read_specifications_in_one_query(
    stored_schedules: list[ScheduleConfig],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        specifications = [
            config.specification for config in ScheduleConfig.objects.for_plots()
        ]
    assert len(specifications) == 4


@pytest.mark.parametrize(
    ("tag", "slugs"),
    [("a", ["one"]), ("b c", ["one", "two"]), ("b", []), ("ü\"'\\%", ["two"])],
)
def test_tags_are_found_whole(tag: str, slugs: list[str]) -> None:
    services.schedule_create(slug="one", specification=SMALL, tags=["a", "b c"])
    services.schedule_create(slug="two", specification=SMALL, tags=["b c", "ü\"'\\%"])
    services.schedule_create(slug="three", specification=SMALL)
    found = ScheduleConfig.objects.tagged(tag).values_list("slug", flat=True)
    assert list(found) == slugs


def test_a_version_is_the_same_however_a_configuration_was_read(
    config: ScheduleConfig,
) -> None:
    stored = ScheduleConfig.objects.get()
    assert stored.version == config.version
    assert len(config.version) == 32


def test_lists_and_exports_read_everything_in_one_query(
    used: ScheduleConfig, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        for listed in ScheduleConfig.objects.for_list():
            assert listed.schedule_type
            assert listed.verdict is None
            assert listed.owner is None
            assert listed.run_count in {0, 1}
    with django_assert_num_queries(1):
        for exported in ScheduleConfig.objects.for_export():
            assert exported.specification["schedule"]["type"] == exported.schedule_type
