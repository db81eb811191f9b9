"""Settings that depend on several environment variables or need more than a type."""

import importlib.util
import ipaddress
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.utils import get_random_secret_key
from environ import Env

from noising.engine import (
    GRAPH_TYPES,
    SCHEDULE_TYPES,
    EngineError,
    build_process,
)
from noising.engine.sampler.backends import KERNELS
from noising.secret_key import SecretKeyError, read_secret_key
from noising.tokenizers import BUILTIN_TOKENIZERS, TokenizerError, load_tokenizer
from noising_site.environment import Environment, SettingError

SQLITE_OPTIONS = {
    "timeout": 5,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
"""WAL allows reads during a write. A second writer waits at most `timeout` seconds."""

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"


def _has_defaults(schedule_type: str) -> bool:
    try:
        build_process(
            {"vocab_size": 2, "num_timesteps": 2, "schedule": {"type": schedule_type}}
        )
    except EngineError:
        return False
    return True


SCHEDULES = tuple(filter(_has_defaults, SCHEDULE_TYPES))
"""The schedule types that have no required parameters."""

WITH_BETAS = frozenset({"linear", "quadratic"})

VARIABLES = {
    "vocab_size": "VOCAB_SIZE",
    "num_timesteps": "NUM_TIMESTEPS",
    "schedule.beta_min": "BETA_MIN",
    "schedule.beta_max": "BETA_MAX",
    "schedule": "SCHEDULE_TYPE",
    "graph.mask_id": "MASK_ID",
    "graph": "GRAPH",
}
"""The variable that sets each part of the specification, the longest path first."""


def noise_specification(
    env: Environment, *, beta_min: float, beta_max: float
) -> dict[str, Any]:
    """Return the specification of the server's noise process."""
    schedule: dict[str, Any] = {
        "type": env.choice("SCHEDULE_TYPE", "cosine", SCHEDULES)
    }
    if schedule["type"] in WITH_BETAS:
        schedule |= {"beta_min": beta_min, "beta_max": beta_max}
    specification = {
        "vocab_size": env.whole("VOCAB_SIZE", 50257, least=2, most=2**24),
        "num_timesteps": env.whole("NUM_TIMESTEPS", 1000, least=1, most=100_000),
        "schedule": schedule,
        "graph": _graph(env),
    }
    _check(specification, VARIABLES)
    return specification


def _graph(env: Environment) -> dict[str, Any]:
    name = env.choice("GRAPH", "uniform", tuple(GRAPH_TYPES))
    mask_id = env.optional_whole("MASK_ID", least=0, most=2**24)
    if mask_id is None:
        return {"type": name}
    if "mask_id" not in GRAPH_TYPES[name].PARAMETERS:
        raise SettingError(
            "MASK_ID",
            f"has no effect with GRAPH={name}",
            str(mask_id),
            "unset it, or set GRAPH=absorbing",
        )
    return {"type": name, "mask_id": mask_id}


def hyperschedule(env: Environment, specification: dict[str, Any]) -> dict[str, Any]:
    """Return the hyperschedule for requests that name none."""
    chosen = env.json_object(
        "HYPERSCHEDULE", {"type": "sliding", "width": 32, "levels": 32}
    )
    _check_hyperschedule(specification, chosen, "HYPERSCHEDULE")
    return chosen


def token_type_weights(
    env: Environment, specification: dict[str, Any]
) -> dict[str, Any]:
    """Return the weight of each token type."""
    weights = env.json_object(
        "TOKEN_TYPE_WEIGHTS", {"critical": 2.0, "variable": 0.8, "other": 1.0}
    )
    by_type = {"type": "token_types", "classes": {}, "weights": weights}
    _check_hyperschedule(specification, by_type, "TOKEN_TYPE_WEIGHTS")
    return weights


def _check_hyperschedule(
    specification: dict[str, Any], chosen: dict[str, Any], variable: str
) -> None:
    # The schedule makes no difference here, so take one that is quick to build.
    quick = {"schedule": {"type": "uniform"}, "hyperschedule": chosen}
    _check(specification | quick, {"hyperschedule": variable})


def _check(specification: dict[str, Any], variables: Mapping[str, str]) -> None:
    """Build the process; on an error, name the variable that caused it."""
    try:
        build_process(specification)
    except EngineError as error:
        part = next(part for part in variables if error.field.startswith(part))
        raise SettingError(
            variables[part],
            f"is not valid: {error}",
            None,
            "unset it to use the default",
        ) from None


def tokenizer(env: Environment) -> str:
    """Return the name of a built-in tokenizer, or the path of a tokenizer.json.

    A file is loaded now, to check it, and the forked processes share it. A built-in
    tokenizer is loaded on first use.
    """
    chosen = env.text("TOKENIZER", "gpt2")
    if chosen in BUILTIN_TOKENIZERS:
        return chosen
    path = str(Path(chosen).expanduser().absolute())
    try:
        load_tokenizer(path)
    except TokenizerError as error:
        raise SettingError(
            "TOKENIZER",
            f"is not the name of a built-in tokenizer, and as a file it {error}",
            chosen,
            f"choose {', '.join(BUILTIN_TOKENIZERS)} or the path of a tokenizer.json",
        ) from None
    return path


def database(env: Environment, data_dir: Path, *, processes: int) -> dict[str, Any]:
    """Return the entry of Django's DATABASES.

    Without DATABASE_URL, the database is an SQLite file in the data folder.

    Args:
        env: the environment variables.
        data_dir: the data folder.
        processes: how many processes of this host use the database.
    """
    url = env.text("DATABASE_URL")
    description: dict[str, Any] = {"ENGINE": SQLITE}
    if url:
        description = _parse_database_url(url)
    if description["ENGINE"] == POSTGRESQL:
        # This module imports the driver, which is optional.
        from noising_site.postgresql import postgresql_options

        return description | postgresql_options(
            description.get("OPTIONS", {}),
            connections=env.whole("DATABASE_CONNECTIONS", 60, least=1, most=10_000),
            processes=processes,
        )
    name = description.get("NAME") or data_dir / "noising.sqlite3"
    if name != ":memory:":
        # Only `migrate` creates the file, as a private one. If the file is deleted,
        # requests fail; nothing creates an empty database in its place.
        name = f"{Path(name).absolute().as_uri()}?mode=rw"
    options = SQLITE_OPTIONS | description.get("OPTIONS", {})
    return description | {"NAME": name, "OPTIONS": options}


def _parse_database_url(url: str) -> dict[str, Any]:
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
    if description["ENGINE"] == POSTGRESQL and not all(
        map(importlib.util.find_spec, ("psycopg", "psycopg_pool"))
    ):
        raise SettingError(
            "DATABASE_URL",
            "names PostgreSQL, whose driver is not installed",
            None,
            "pip install -r requirements-postgres.txt",
        )
    return description


def kernel(env: Environment) -> str:
    """Return the name of the kernel; the engine reads the same variable."""
    name = env.choice("NOISING_KERNEL", "numpy", KERNELS)
    if name == "numba" and not importlib.util.find_spec("numba"):
        raise SettingError(
            "NOISING_KERNEL",
            "names numba, which is not installed",
            None,
            "pip install -r requirements-fast.txt, or unset it",
        )
    return name


def secret_key(env: Environment, data_dir: Path) -> tuple[str, str]:
    """Return the secret key and its source: environment, file or process.

    With DATABASE_URL, several machines may use one database. They need the same key,
    so it cannot be a file in the data folder of each.
    """
    if key := env.text("SECRET_KEY"):
        return key, "environment"
    if env.text("DATABASE_URL"):
        raise SettingError(
            "SECRET_KEY",
            "must be set if DATABASE_URL is set",
            None,
            "set it to 50 random characters, the same in every process",
        )
    try:
        kept = read_secret_key(data_dir)
    except SecretKeyError as error:
        raise SettingError(
            "SECRET_KEY",
            str(error),
            None,
            "let this account read the file, delete it, or set SECRET_KEY",
        ) from None
    return (kept, "file") if kept else (get_random_secret_key(), "process")


def allowed_hosts(env: Environment, host: str, hostname: str) -> list[str]:
    """Return the host names that requests may use.

    The default is this machine's names, and HOST if it is a name or a single address.
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
