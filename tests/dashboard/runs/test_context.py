import shlex
from typing import Any

import pytest
from django.test import Client

from noising import services
from noising.dashboard.commands import write_manage_command
from noising.dashboard.runs.context import write_command, write_request
from noising.management.commands import run_benchmarks
from noising.models import BenchmarkRun
from noising.runs import resolve_config, run_create
from tests.api.access import account, bearer
from tests.runs import record_results

pytestmark = pytest.mark.django_db

SMALL = {"timesteps": [0, 500], "samples": 4, "seed": 2**64 - 1}


def configured(command: str) -> dict[str, Any]:
    """Return what a command measures, as a run keeps it."""
    python, manage, name, *flags = shlex.split(command)
    begin = shlex.join((python, manage))
    assert (begin, name) == (write_manage_command(), "run_benchmarks")
    parser = run_benchmarks.Command().create_parser("manage.py", name)
    return run_benchmarks._read_config(vars(parser.parse_args(flags))).to_document()


def test_the_command_measures_the_same(recorded_run: BenchmarkRun) -> None:
    # Another vocabulary than the server's, and the baseline first.
    assert configured(write_command(recorded_run)) == recorded_run.config


@pytest.mark.parametrize("slug", ["mine", "-mine"])
def test_the_command_measures_stored_schedules(slug: str) -> None:
    specification = {"num_timesteps": 501, "graph": {"type": "absorbing"}}
    services.schedule_create(slug=slug, specification=specification)
    config = resolve_config(
        schedules=[slug], baseline="uniform", corpus="synthetic", **SMALL
    )
    run = run_create(config=config)
    found = configured(write_command(run))
    assert found.pop("graph") == {"type": "absorbing"}
    assert found.items() <= run.config.items()


def test_no_flags_name_a_graph_with_parameters() -> None:
    services.schedule_create(
        slug="mine", specification={"graph": {"type": "absorbing", "mask_id": 3}}
    )
    config = resolve_config(
        schedules=["mine"], baseline="uniform", corpus="synthetic", **SMALL
    )
    assert write_command(run_create(config=config)) == ""


def test_the_request_measures_the_same(recorded_run: BenchmarkRun) -> None:
    secret = services.token_create(user=account(), name="shell", scope="write").secret
    curl, flag, method, address, header, value = shlex.split(
        write_request(recorded_run, "http://testserver").replace("\\\n", " ")
    )
    assert (curl, flag, method, header) == ("curl", "-X", "POST", "-H")
    assert value == "Authorization: Bearer $TOKEN"
    answer = bearer(secret).post(address.removeprefix("http://testserver"))
    assert answer.status_code == 202
    again = BenchmarkRun.objects.get(pk=answer.json()["id"])
    assert again.config == recorded_run.config


def test_a_file_is_measured_by_the_command_alone(
    client: Client, document: dict[str, Any]
) -> None:
    document["config"]["corpus"] = "data/it's mine.npy"
    document["corpus"]["name"] = "it's mine.npy"
    run = record_results(document)
    assert configured(write_command(run)) == run.config
    page = client.get(run.get_absolute_url()).content.decode()
    assert "run_benchmarks --schedules" in page
    assert "/rerun" not in page.replace(f"/runs/{run.pk}/rerun/", "")
