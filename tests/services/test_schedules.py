import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from noising import services
from noising.engine import PRESETS, SCHEDULE_TYPES, EngineError, build_process
from noising.engine.certify import Certificate, certify
from noising.models import ScheduleConfig

pytestmark = pytest.mark.django_db

SMALL = {"vocab_size": 27, "num_timesteps": 10, "schedule": {"type": "loglinear"}}


def test_stores_the_canonical_specification_and_what_follows_from_it() -> None:
    config = services.schedule_create(slug="small", specification=SMALL)
    process = build_process(SMALL)
    config.refresh_from_db()
    assert config.specification == process.spec
    assert config.fingerprint == process.fingerprint
    assert config.num_timesteps == 10
    assert config.vocab_size == 27


def test_stores_notes_tags_and_owner() -> None:
    owner = get_user_model().objects.create_user("someone")
    config = services.schedule_create(
        slug="small", specification=SMALL, notes="Why.", tags=["mine"], owner=owner
    )
    config.refresh_from_db()
    assert (config.notes, config.tags, config.owner) == ("Why.", ["mine"], owner)


def test_stores_what_the_linter_finds() -> None:
    config = services.schedule_create(
        slug="short",
        specification={"num_timesteps": 100, "schedule": {"type": "linear"}},
    )
    config.refresh_from_db()
    assert "terminal_leak" in [finding["code"] for finding in config.lint_findings]
    for finding in config.lint_findings:
        assert set(finding) == {"code", "severity", "message", "value", "way_out"}


def test_refuses_what_describes_no_process() -> None:
    with pytest.raises(EngineError) as caught:
        services.schedule_create(
            slug="wrong", specification={"schedule": {"type": "linear", "beta_max": 7}}
        )
    assert caught.value.field == "schedule.beta_max"
    assert not ScheduleConfig.objects.exists()


@pytest.mark.parametrize(
    "slug", ["", "compare", "import", "with space", "a/b", "ü", "x" * 101]
)
def test_refuses_a_slug(slug: str) -> None:
    with pytest.raises(ValidationError) as caught:
        services.schedule_create(slug=slug, specification=SMALL)
    assert not ScheduleConfig.objects.exists()
    assert caught.value.messages


def test_says_what_is_wrong_with_a_reserved_slug() -> None:
    with pytest.raises(ValidationError, match="choose another name"):
        services.schedule_create(slug="compare", specification=SMALL)


def test_refuses_a_slug_that_is_taken() -> None:
    services.schedule_create(slug="small", specification=SMALL)
    with pytest.raises(ValidationError, match="with this name already"):
        services.schedule_create(slug="small", specification=SMALL)


@pytest.mark.parametrize(
    "tags",
    [["a", "a"], [""], [" a"], ["x" * 51], [3], [str(i) for i in range(21)]],
)
def test_refuses_tags(tags: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        services.schedule_create(slug="small", specification=SMALL, tags=tags)
    assert list(caught.value.message_dict) == ["tags"]


def test_updates_only_what_is_given() -> None:
    config = services.schedule_create(
        slug="small", specification=SMALL, notes="Old.", tags=["old"]
    )
    services.schedule_update(schedule=config, notes="New.")
    config.refresh_from_db()
    assert (config.notes, config.tags) == ("New.", ["old"])
    assert config.specification == build_process(SMALL).spec


def test_a_change_meant_for_another_version_is_refused() -> None:
    config = services.schedule_create(slug="small", specification=SMALL)
    seen = config.version
    changed = services.schedule_update(
        schedule=config, notes="First.", if_versions=["x", seen]
    )
    with pytest.raises(services.ScheduleChangedError, match="small"):
        services.schedule_update(schedule=config, notes="No.", if_versions=[seen])
    config.refresh_from_db()
    assert config.notes == "First."
    assert config.version == changed.version != seen


def test_of_two_that_take_a_slug_at_once_the_second_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services.schedule_create(slug="small", specification=SMALL, notes="First.")
    check = ScheduleConfig.full_clean
    checks = []

    def too_early(self: ScheduleConfig) -> None:
        """Look for the slug before the other one is stored, and again afterwards."""
        checks.append(self.slug)
        if len(checks) > 1:
            check(self)

    monkeypatch.setattr(ScheduleConfig, "full_clean", too_early)
    with pytest.raises(ValidationError, match="with this name already"):
        services.schedule_create(slug="small", specification=SMALL)
    assert ScheduleConfig.objects.get().notes == "First."


def test_a_new_specification_brings_its_own_fingerprint_and_findings() -> None:
    config = services.schedule_create(slug="small", specification=SMALL)
    changed = {**SMALL, "num_timesteps": 20}
    services.schedule_update(schedule=config, specification=changed, tags=["new"])
    config.refresh_from_db()
    assert config.fingerprint == build_process(changed).fingerprint
    assert config.num_timesteps == 20
    assert config.tags == ["new"]


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return certify(build_process(SMALL), samples=512)


def test_a_certificate_stays_with_every_configuration_of_its_specification(
    certificate: Certificate,
) -> None:
    for slug, specification in (
        ("two", SMALL),
        ("one", build_process(SMALL).spec),
        ("another", {**SMALL, "num_timesteps": 11}),
    ):
        services.schedule_create(slug=slug, specification=specification)
    services.schedule_archive(schedule=ScheduleConfig.objects.get(slug="two"))
    assert services.schedule_certify(certificate=certificate) == ("one", "two")
    for config in ScheduleConfig.objects.filter(slug__in=["one", "two"]):
        assert config.certificate == certificate.document()
        assert config.certificate_verdict == "passed"
        assert config.certified_at is not None
    other = ScheduleConfig.objects.get(slug="another")
    assert (other.certificate, other.certified_at) == (None, None)
    assert other.certificate_verdict == ""


def test_a_newer_certificate_replaces_an_older_one(certificate: Certificate) -> None:
    config = services.schedule_create(slug="small", specification=SMALL)
    services.schedule_certify(certificate=certificate)
    newer = certify(build_process(SMALL), samples=512, seed=1)
    services.schedule_certify(certificate=newer)
    config.refresh_from_db()
    assert config.certificate == newer.document()


def test_a_new_specification_has_no_certificate_yet(certificate: Certificate) -> None:
    config = services.schedule_create(slug="small", specification=SMALL)
    services.schedule_certify(certificate=certificate)
    services.schedule_update(schedule=config, specification=SMALL, notes="New.")
    config.refresh_from_db()
    assert config.certificate_verdict == "passed"
    changed = {**SMALL, "num_timesteps": 20}
    services.schedule_update(schedule=config, specification=changed)
    config.refresh_from_db()
    assert (config.certificate, config.certified_at) == (None, None)


def test_archives_and_brings_back() -> None:
    config = services.schedule_create(slug="small", specification=SMALL)
    services.schedule_archive(schedule=config)
    assert not ScheduleConfig.objects.active().exists()
    first = ScheduleConfig.objects.get().archived_at
    services.schedule_archive(schedule=config)
    assert ScheduleConfig.objects.get().archived_at == first
    services.schedule_unarchive(schedule=config)
    services.schedule_unarchive(schedule=config)
    assert ScheduleConfig.objects.active().get() == config


def test_every_schedule_type_with_defaults_has_a_built_in_configuration() -> None:
    def builds(schedule_type: str) -> bool:
        try:
            build_process({"schedule": {"type": schedule_type}})
        except EngineError:
            return False
        return True

    services.schedules_load_builtin()
    stored = {
        config.specification["schedule"]["type"]
        for config in ScheduleConfig.objects.all()
    }
    assert stored == {name for name in SCHEDULE_TYPES if builds(name)}


def test_built_in_configurations_obey_the_rules_of_all_others() -> None:
    services.schedules_load_builtin()
    for config in ScheduleConfig.objects.all():
        config.full_clean()
        assert config.num_timesteps == 1000
        assert config.notes
        assert "error" not in config.lint_counts


def test_presets_are_built_in_schedules_with_their_sources() -> None:
    services.schedules_load_builtin()
    for name, preset in PRESETS.items():
        config = ScheduleConfig.objects.get(slug=name)
        process = build_process(preset.specification)
        assert config.fingerprint == process.fingerprint
        assert preset.source in config.notes


def test_loading_again_changes_nothing() -> None:
    first = services.schedules_load_builtin()
    edited = ScheduleConfig.objects.get(slug="cosine")
    services.schedule_update(schedule=edited, notes="Mine.")
    services.schedule_archive(schedule=ScheduleConfig.objects.get(slug="linear"))
    before = list(ScheduleConfig.objects.values())
    second = services.schedules_load_builtin()
    assert list(ScheduleConfig.objects.values()) == before
    assert second.created == ()
    assert second.kept == first.created


def test_loading_adds_what_is_missing() -> None:
    services.schedules_load_builtin()
    ScheduleConfig.objects.get(slug="cosine").delete()
    loaded = services.schedules_load_builtin()
    assert loaded.created == ("cosine",)
    assert ScheduleConfig.objects.filter(slug="cosine").exists()
