"""What the settings derive from several variables at once."""

import json
from pathlib import Path

import pytest

from noising.engine import SCHEDULE_TYPES, build_process
from noising_site.configuration import (
    SCHEDULES,
    allowed_hosts,
    database,
    hyperschedule,
    kernel,
    noise_specification,
    secret_key,
    token_type_weights,
    tokenizer,
)
from noising_site.environment import Environment, SettingError

POSTGRES = "postgres://user:p%40ss@db.example:5433/noising"


def described(processes=3, **variables):
    return database(Environment(variables), Path("/data"), processes=processes)


def specification(beta_min=1e-4, beta_max=0.02, **variables):
    return noise_specification(
        Environment(variables), beta_min=beta_min, beta_max=beta_max
    )


def test_the_default_process_is_the_engines_default():
    assert build_process(specification()).fingerprint == build_process({}).fingerprint


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_with_defaults_may_be_chosen(name):
    chosen = specification(SCHEDULE_TYPE=name, VOCAB_SIZE="27", NUM_TIMESTEPS="10")
    assert build_process(chosen).spec["schedule"]["type"] == name


def test_only_the_users_own_table_has_none():
    assert set(SCHEDULE_TYPES) - set(SCHEDULES) == {"custom"}


@pytest.mark.parametrize("name", ["linear", "quadratic"])
def test_the_betas_reach_the_schedules_that_have_them(name):
    chosen = specification(0.1, 0.2, SCHEDULE_TYPE=name)["schedule"]
    assert chosen == {"type": name, "beta_min": 0.1, "beta_max": 0.2}
    assert specification(0.1, 0.2)["schedule"] == {"type": "cosine"}


@pytest.mark.parametrize(
    ("variables", "graph"),
    [
        ({}, {"type": "uniform"}),
        ({"GRAPH": "absorbing"}, {"type": "absorbing"}),
        (
            {"GRAPH": "hdlm_gamma", "MASK_ID": "5"},
            {"type": "hdlm_gamma", "mask_id": 5},
        ),
        (
            {"GRAPH": "absorbing", "MASK_ID": "5"},
            {"type": "absorbing", "mask_id": 5},
        ),
    ],
)
def test_the_graph_and_its_mask(variables, graph):
    assert specification(**variables)["graph"] == graph


@pytest.mark.parametrize(
    ("variables", "name", "words"),
    [
        ({"VOCAB_SIZE": "1"}, "VOCAB_SIZE", "2..16777216"),
        ({"VOCAB_SIZE": "16777217"}, "VOCAB_SIZE", "2..16777216"),
        ({"NUM_TIMESTEPS": "0"}, "NUM_TIMESTEPS", "1..100000"),
        ({"SCHEDULE_TYPE": "cosin"}, "SCHEDULE_TYPE", "choose one of linear, cosine"),
        ({"SCHEDULE_TYPE": "custom"}, "SCHEDULE_TYPE", "choose one of"),
        ({"GRAPH": "x"}, "GRAPH", "choose one of uniform, absorbing"),
        ({"MASK_ID": "5"}, "MASK_ID", "set GRAPH=absorbing"),
        ({"MASK_ID": "-1", "GRAPH": "absorbing"}, "MASK_ID", "0..16777216"),
        ({"MASK_ID": "60000", "GRAPH": "absorbing"}, "MASK_ID", "vocab_size = 50257"),
    ],
)
def test_a_process_that_cannot_be_built_names_its_variable(variables, name, words):
    with pytest.raises(SettingError) as caught:
        specification(**variables)
    assert caught.value.name == name
    assert words in str(caught.value)


def test_betas_in_the_wrong_order_name_their_variable():
    with pytest.raises(SettingError, match="BETA_MIN is not valid"):
        specification(0.5, 0.1, SCHEDULE_TYPE="linear")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("sliding", "must be JSON"),
        ("[]", "must be a JSON object"),
        ('{"type": "slidng"}', "did you mean `sliding`?"),
        ('{"type": "sliding", "width": 0}', "`hyperschedule.width` must lie in"),
    ],
)
def test_a_hyperschedule_that_cannot_be_used_is_refused(value, words):
    with pytest.raises(SettingError) as caught:
        hyperschedule(Environment({"HYPERSCHEDULE": value}), {})
    assert caught.value.name == "HYPERSCHEDULE"
    assert words in str(caught.value)


@pytest.mark.parametrize("value", ['{"critical": 0}', '{"x": 1}', '{"other": "1"}'])
def test_type_weights_that_cannot_be_used_are_refused(value):
    with pytest.raises(SettingError) as caught:
        token_type_weights(Environment({"TOKEN_TYPE_WEIGHTS": value}), {})
    assert caught.value.name == "TOKEN_TYPE_WEIGHTS"


@pytest.mark.parametrize("name", ["gpt2", "bert", "metamath"])
def test_a_built_in_tokenizer_is_kept_by_name(name):
    assert tokenizer(Environment({"TOKENIZER": name})) == name
    assert tokenizer(Environment({})) == "gpt2"


def test_another_tokenizer_is_kept_by_its_whole_path(tmp_path, monkeypatch):
    words = {"type": "WordLevel", "vocab": {"x": 0}, "unk_token": "?"}
    (tmp_path / "mine.json").write_text(json.dumps({"model": words}))
    monkeypatch.chdir(tmp_path)
    chosen = tokenizer(Environment({"TOKENIZER": "mine.json"}))
    assert chosen == str(tmp_path / "mine.json")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            "gpt3",
            "name of a built-in tokenizer, and as a file it is not a file, got",
        ),
        (__file__, "as a file it is not a tokenizer"),
    ],
)
def test_a_tokenizer_that_cannot_be_used_says_what_would_do(value, words):
    with pytest.raises(SettingError) as caught:
        tokenizer(Environment({"TOKENIZER": value}))
    assert caught.value.name == "TOKENIZER"
    assert words in str(caught.value)
    assert "choose gpt2, bert, metamath or the path of" in str(caught.value)


def test_the_default_database_is_a_file_that_many_may_read_while_one_writes():
    chosen = described()
    assert chosen["ENGINE"] == "django.db.backends.sqlite3"
    assert chosen["NAME"] == "file:///data/noising.sqlite3?mode=rw"
    assert chosen["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in chosen["OPTIONS"]["init_command"]
    assert "synchronous=NORMAL" in chosen["OPTIONS"]["init_command"]
    assert 0 < chosen["OPTIONS"]["timeout"] <= 5


def test_another_file_has_the_same_options():
    chosen = described(DATABASE_URL="sqlite:////else%20where/50%25.sqlite3")
    assert chosen["NAME"] == "file:///else%20where/50%25.sqlite3?mode=rw"
    assert chosen["OPTIONS"] == described()["OPTIONS"]


def test_memory_is_no_file():
    assert described(DATABASE_URL="sqlite://:memory:")["NAME"] == ":memory:"


def test_postgresql_is_described_by_its_url():
    chosen = described(DATABASE_URL=POSTGRES)
    assert chosen["ENGINE"] == "django.db.backends.postgresql"
    assert (chosen["HOST"], chosen["PORT"]) == ("db.example", 5433)
    assert (chosen["USER"], chosen["PASSWORD"]) == ("user", "p@ss")
    assert chosen["NAME"] == "noising"
    assert chosen["CONN_HEALTH_CHECKS"] is True


def test_postgresql_has_limits_of_time_which_the_url_may_change():
    options = described(DATABASE_URL=POSTGRES)["OPTIONS"]
    assert options["connect_timeout"] == 3
    assert options["options"] == "-c statement_timeout=8000"
    assert options["pool"]["timeout"] == 3.0
    mine = described(
        DATABASE_URL=f"{POSTGRES}?connect_timeout=9&options=-c%20statement_timeout=1"
    )["OPTIONS"]
    assert mine["connect_timeout"] == 9
    # Of an option that is given twice, PostgreSQL takes the last.
    assert mine["options"] == "-c statement_timeout=8000 -c statement_timeout=1"


@pytest.mark.parametrize(
    ("connections", "processes", "share"),
    [("", 3, 12), ("", 13, 4), ("", 65, 1), ("100", 33, 3), ("1", 2, 1)],
)
def test_the_processes_of_a_host_share_its_connections(connections, processes, share):
    chosen = described(
        processes, DATABASE_URL=POSTGRES, DATABASE_CONNECTIONS=connections
    )
    assert chosen["CONN_MAX_AGE"] == 0
    assert chosen["OPTIONS"]["pool"]["max_size"] == share


@pytest.mark.parametrize(
    "url",
    ["x", "mysql://a:secret@b/c", "http://a", "postgres://[::1", "postgres://h:port/x",
     "sqlite://host/x", "://"],
)  # fmt: skip
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url):
    with pytest.raises(SettingError) as caught:
        described(DATABASE_URL=url)
    assert caught.value.name == "DATABASE_URL"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("missing", ["psycopg", "psycopg_pool"])
def test_a_missing_driver_is_named(monkeypatch, missing):
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == missing else name
    )
    with pytest.raises(SettingError, match=r"requirements-postgres\.txt"):
        described(DATABASE_URL=POSTGRES)


def test_the_secret_key_comes_from_the_environment_then_the_file_then_chance(tmp_path):
    env = Environment({"SECRET_KEY": "given"})
    assert secret_key(env, tmp_path) == ("given", "environment")
    first, source = secret_key(Environment({}), tmp_path)
    assert source == "process"
    assert len(first) == 50
    assert secret_key(Environment({}), tmp_path)[0] != first
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "secret_key").write_text("kept\n")
    assert secret_key(Environment({}), tmp_path) == ("kept", "file")


def test_with_a_database_of_ones_own_the_secret_key_is_required(tmp_path):
    (tmp_path / "secret_key").write_text("kept\n")
    with pytest.raises(SettingError, match="SECRET_KEY must be set if"):
        secret_key(Environment({"DATABASE_URL": POSTGRES}), tmp_path)


def test_a_key_that_cannot_be_used_names_what_would_do(tmp_path):
    (tmp_path / "secret_key").touch()
    with pytest.raises(SettingError, match="delete it, or set SECRET_KEY"):
        secret_key(Environment({}), tmp_path)


@pytest.mark.parametrize(
    ("host", "more"),
    [
        ("0.0.0.0", []),  # noqa: S104 - compared, not bound
        ("::", []),
        ("[::]", []),
        ("10.0.0.5", ["10.0.0.5"]),
        ("2001:db8::1", ["[2001:db8::1]"]),
        ("Noise.Example.org", ["noise.example.org"]),
        ("localhost", []),
    ],
)
def test_by_default_this_machine_and_a_single_host_are_served(host, more):
    names = ["localhost", "127.0.0.1", "[::1]", "box"]
    assert allowed_hosts(Environment({}), host, "BOX") == names + more


def test_the_hosts_that_are_named_are_all():
    env = Environment({"ALLOWED_HOSTS": "a.org,b.org"})
    assert allowed_hosts(env, "c.org", "box") == ["a.org", "b.org"]


def test_a_kernel_is_one_that_there_is_and_that_is_installed(monkeypatch):
    assert kernel(Environment({})) == "numpy"
    assert kernel(Environment({"NOISING_KERNEL": "numba"})) == "numba"
    with pytest.raises(SettingError, match="choose one of numpy, numba, auto"):
        kernel(Environment({"NOISING_KERNEL": "torch"}))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingError, match=r"requirements-fast\.txt"):
        kernel(Environment({"NOISING_KERNEL": "numba"}))
    assert kernel(Environment({"NOISING_KERNEL": "auto"})) == "auto"
