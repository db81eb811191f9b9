"""Environment variables: what is accepted, and how the rest is refused."""

from pathlib import Path

import pytest

from noising_site.environment import Environment, SettingError


def refusal(read, name, value, **options):
    with pytest.raises(SettingError) as caught:
        read(Environment({name: value}), name, **options)
    message = str(caught.value)
    assert message.startswith(name)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("value", ["1", "true", "YES", "On"])
def test_a_flag_is_on(value):
    assert Environment({"DEBUG": value}).flag("DEBUG", default=False) is True


@pytest.mark.parametrize("value", ["0", "false", "NO", "Off"])
def test_a_flag_is_off(value):
    assert Environment({"DEBUG": value}).flag("DEBUG", default=True) is False


@pytest.mark.parametrize("value", ["", "   "])
def test_an_empty_value_counts_as_not_set(value):
    env = Environment({"NAME": value})
    assert env.text("NAME", "default") == "default"
    assert env.flag("NAME", default=True) is True
    assert env.whole("NAME", 5, least=1, most=9) == 5
    assert env.optional_whole("NAME", least=1, most=9) is None
    assert env.number("NAME", 0.5, low=0.0, high=1.0) == 0.5
    assert env.json_object("NAME", {"a": 1}) == {"a": 1}
    assert env.names("NAME") == []
    assert env.hosts("NAME", ["localhost"]) == ["localhost"]
    assert env.folder("NAME", Path("/here")) == Path("/here")


def test_a_flag_that_is_neither_is_refused_with_what_would_do():
    message = refusal(Environment.flag, "DEBUG", "maybe", default=False)
    assert message == "DEBUG must be on or off, got 'maybe'; set DEBUG=on or DEBUG=off."


@pytest.mark.parametrize(
    "value",
    [
        "abc", "1.5", "1e3", "0x10", "1_000", "+5", "--5", "-1", "10", "٣", "1 2",
        "9" * 5000, "NaN", "true",
    ],
)  # fmt: skip
def test_what_is_no_whole_number_in_range_is_refused(value):
    message = refusal(Environment.whole, "SIZE", value, default=5, least=0, most=9)
    assert "must be a whole number in 0..9" in message
    assert "for example SIZE=5" in message
    assert len(message) < 200


@pytest.mark.parametrize(("value", "number"), [("0", 0), ("9", 9), (" 7 ", 7)])
def test_whole_numbers_in_range_are_taken(value, number):
    env = Environment({"SIZE": value})
    assert env.whole("SIZE", 5, least=0, most=9) == number
    assert env.optional_whole("SIZE", least=0, most=9) == number


def test_a_negative_number_is_taken_where_it_is_in_range():
    assert Environment({"SIZE": "-3"}).whole("SIZE", 0, least=-5, most=5) == -3


@pytest.mark.parametrize("value", ["x", "nan", "inf", "-0.1", "1.0", "1e400", "0,5"])
def test_what_is_no_number_in_the_interval_is_refused(value):
    message = refusal(
        Environment.number, "BETA_MIN", value, default=0.5, low=0.0, high=1.0
    )
    assert "must be a number in [0, 1)" in message


@pytest.mark.parametrize(("value", "number"), [("0", 0.0), ("1e-4", 1e-4)])
def test_numbers_in_the_interval_are_taken(value, number):
    env = Environment({"BETA_MIN": value})
    assert env.number("BETA_MIN", 0.5, low=0.0, high=1.0) == number


def test_a_choice_that_is_not_known_is_refused_with_the_choices():
    env = Environment({"GRAPH": "unifrom"})
    with pytest.raises(SettingError, match="choose one of uniform, absorbing"):
        env.choice("GRAPH", "uniform", ("uniform", "absorbing"))
    assert Environment({}).choice("GRAPH", "uniform", ("uniform",)) == "uniform"


@pytest.mark.parametrize("value", ["{", "[1]", "5", '"a"', "[" * 100_000])
def test_what_is_no_json_object_is_refused(value):
    message = refusal(
        Environment.json_object, "HYPERSCHEDULE", value, default={"type": "flat"}
    )
    assert 'for example HYPERSCHEDULE=\'{"type": "flat"}\'' in message


def test_a_json_object_is_taken():
    env = Environment({"HYPERSCHEDULE": '{"type": "block"}'})
    assert env.json_object("HYPERSCHEDULE", {}) == {"type": "block"}


@pytest.mark.parametrize(
    "value",
    ["http://a.org", "a.org:80", "a.org/x", "a b", "a.org,b:1", "::1", "a\tb"],
)
def test_hosts_with_more_than_a_name_are_refused(value):
    message = refusal(Environment.hosts, "ALLOWED_HOSTS", value, default=[])
    assert "without scheme, port and path" in message


def test_hosts_are_a_list_of_names():
    env = Environment({"ALLOWED_HOSTS": " a.org, .b.org ,10.0.0.5,[::1],*,"})
    hosts = ["a.org", ".b.org", "10.0.0.5", "[::1]", "*"]
    assert env.hosts("ALLOWED_HOSTS", []) == hosts


@pytest.mark.parametrize(
    "value", ["a.org", "https://a.org/", "ftp://a.org", "https://", "https://[::1"]
)
def test_origins_that_are_none_are_refused(value):
    message = refusal(Environment.origins, "CSRF_TRUSTED_ORIGINS", value)
    assert "https://noise.example.org" in message


def test_origins_are_taken():
    env = Environment({"CSRF_TRUSTED_ORIGINS": "https://a.org:8443,http://b"})
    assert env.origins("CSRF_TRUSTED_ORIGINS") == ["https://a.org:8443", "http://b"]


def test_a_folder_may_not_exist_yet_but_must_not_be_a_file(tmp_path):
    file = tmp_path / "file"
    file.touch()
    refusal(Environment.folder, "DATA_DIR", str(file), default=Path("/x"))
    missing = tmp_path / "missing"
    env = Environment({"DATA_DIR": str(missing)})
    assert env.folder("DATA_DIR", Path("/x")) == missing
    assert not missing.exists()


def test_a_refusal_repeats_little_of_a_long_value_and_stays_on_one_line():
    message = refusal(Environment.flag, "DEBUG", "a\nb" + "x" * 10_000, default=False)
    assert len(message) < 200


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("http://localhost:8101", "http://localhost:8101"),
        ("https://my_host.example/a/b/", "https://my_host.example/a/b"),
        ("http://10.0.0.5:80/", "http://10.0.0.5:80"),
        ("http://[::1]:8101/x", "http://[::1]:8101/x"),
        ("", ""),
    ],
)
def test_the_url_of_a_service_ends_without_a_slash(value, url):
    assert Environment({"TOKENIZER_URL": value}).service_url("TOKENIZER_URL") == url


@pytest.mark.parametrize(
    "value",
    [
        "localhost:8101", "ftp://host", "file:///etc/passwd", "http://", "http:///x",
        "http://user:secret@host", "http://host?x=1", "http://host#x", "http://a b",
        "http://host:0", "http://host:65536", "http://host:", "http://a..b",
        "http://[:::]", "http://[::1", "http://h\u00f6st", "http://host/a\nb",
    ],
)  # fmt: skip
def test_what_is_no_url_of_a_service_is_refused_and_not_repeated(value):
    message = refusal(Environment.service_url, "TOKENIZER_URL", value)
    assert "for example TOKENIZER_URL=http://localhost:8101" in message
    assert "secret" not in message
