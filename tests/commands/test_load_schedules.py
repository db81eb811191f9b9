import io

import pytest
from django.core.management import call_command

from noising.models import ScheduleConfig
from noising.services import BUILTIN_SCHEDULES

pytestmark = pytest.mark.django_db

NAMES = ", ".join(builtin.slug for builtin in BUILTIN_SCHEDULES)


def loaded() -> str:
    output = io.StringIO()
    call_command("load_schedules", stdout=output)
    return output.getvalue()


def test_says_what_it_stored_and_what_was_there() -> None:
    assert loaded() == f"Stored: {NAMES}.\n"
    assert loaded() == f"Already stored: {NAMES}.\n"
    assert ScheduleConfig.objects.count() == len(BUILTIN_SCHEDULES)
