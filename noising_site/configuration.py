"""What the settings derive from several variables at once."""

import importlib.util
import ipaddress
import warnings
from pathlib import Path
from typing import Any

from environ import Env

from noising_site.environment import Environment, SettingError
from noising_site.secret_key import read_secret_key

SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
"""Readers beside one writer, and a writer that waits (seconds) for its turn."""

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"


def noise_specification(
    env: Environment, *, beta_min: float, beta_max: float
) -> dict[str, Any]:
    """Return the specification of the process that the server noises with."""
    schedule: dict[str, Any] = {"type": env.text("SCHEDULE_TYPE", "cosine")}
    if schedule["type"] in {"linear", "quadratic"}:
        schedule |= {"beta_min": beta_min, "beta_max": beta_max}
    graph: dict[str, Any] = {"type": env.text("GRAPH", "uniform")}
    mask_id = env.optional_whole("MASK_ID", least=0, most=2**24)
    if mask_id is not None:
        graph["mask_id"] = mask_id
    return {
        "vocab_size": env.whole("VOCAB_SIZE", 50257, least=2, most=2**24),
        "num_timesteps": env.whole("NUM_TIMESTEPS", 1000, least=1, most=100_000),
        "schedule": schedule,
        "graph": graph,
    }


def hyperschedule(env: Environment, specification: dict[str, Any]) -> dict[str, Any]:
    """Return the hyperschedule used where a request names none."""
    return env.json_object(
        "HYPERSCHEDULE", {"type": "sliding", "width": 32, "levels": 32}
    )


def token_type_weights(env: Environment) -> dict[str, Any]:
    """Return the weight of each token type."""
    return env.json_object(
        "TOKEN_TYPE_WEIGHTS", {"critical": 2.0, "variable": 0.8, "other": 1.0}
    )


def database(env: Environment, data_dir: Path) -> dict[str, Any]:
    """Return Django's description of the database.

    Without DATABASE_URL it is an SQLite file in the data folder.
    """
    url = env.text("DATABASE_URL")
    if not url:
        name = str(data_dir / "noising.sqlite3")
        return {"ENGINE": SQLITE, "NAME": name, "OPTIONS": dict(SQLITE_OPTIONS)}
    description = _parsed_database_url(url)
    if description["ENGINE"] == SQLITE:
        description["OPTIONS"] = SQLITE_OPTIONS | description.get("OPTIONS", {})
    else:
        description["CONN_MAX_AGE"] = 60
        description["CONN_HEALTH_CHECKS"] = True
    return description


def _parsed_database_url(url: str) -> dict[str, Any]:
    example = "for example DATABASE_URL=postgres://user:password@host:5432/noising"
    try:
        with warnings.catch_warnings(action="error"):
            description: dict[str, Any] = Env.db_url_config(url)
    except (ValueError, UserWarning):
        description = {}
    if description.get("ENGINE") not in {SQLITE, POSTGRESQL}:
        raise SettingError(
            "DATABASE_URL", "must be a postgres:// or sqlite:/// URL", None, example
        )
    if description["ENGINE"] == POSTGRESQL and not importlib.util.find_spec("psycopg"):
        raise SettingError(
            "DATABASE_URL",
            "names PostgreSQL, whose driver is not installed",
            None,
            "pip install -r requirements-postgres.txt",
        )
    return description


def secret_key(env: Environment, data_dir: Path) -> str | None:
    """Return the key given or kept in the data folder; None where there is none.

    With a database of one's own, several machines may serve it: they must share a
    key, which a file in each one's data folder would not be.
    """
    key = env.text("SECRET_KEY")
    if not key and env.text("DATABASE_URL"):
        raise SettingError(
            "SECRET_KEY",
            "must be set where DATABASE_URL is",
            None,
            "set it to 50 random characters, the same in every process",
        )
    return key or read_secret_key(data_dir)


def allowed_hosts(env: Environment, host: str, hostname: str) -> list[str]:
    """Return the names under which the service answers.

    By default: this machine's, and HOST where it is a name or a single address.
    """
    default = ["localhost", "127.0.0.1", "[::1]", hostname.lower()]
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        default.append(host.lower())
    else:
        if not address.is_unspecified:
            default.append(f"[{address}]" if address.version == 6 else str(address))
    return env.hosts("ALLOWED_HOSTS", list(dict.fromkeys(default)))
