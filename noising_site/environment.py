"""Typed reads of environment variables; an error names the variable."""

import ipaddress
import json
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

SHOWN_CHARACTERS = 60
"""How many characters of a wrong value the message repeats."""

ORIGIN = re.compile(r"https?://[^\s/?#@\[\]]+|https?://\[[0-9a-fA-F:.]+\](:[0-9]+)?")

SERVICE_URL = re.compile(
    r"""
    https?://
    (?: [a-zA-Z0-9] [a-zA-Z0-9_-]{0,62} (?: \.[a-zA-Z0-9_-]{1,63} )*
      | \[ (?P<address> [0-9a-fA-F:.]{2,45} ) \] )
    (?: : (?P<port> [0-9]{1,5} ) )?
    (?: / [a-zA-Z0-9._~/-]* )?
    """,
    re.VERBOSE,
)
"""Plain ASCII: no credentials, which logs would repeat, no query and no fragment."""

GREATEST_PORT = 65535

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


class SettingError(SystemExit):
    """An environment variable has a wrong value.

    It is a SystemExit so that every program that imports the settings ends with this
    one line and without a traceback.
    """

    def __init__(self, name: str, rule: str, value: str | None, way_out: str) -> None:
        """Build the message.

        Args:
            name: the variable.
            rule: the rule that its value breaks; the message continues the
                variable's name with it.
            value: the value; None if it is a secret or missing.
            way_out: how to correct it.
        """
        self.name = name
        received = "" if value is None else f", got {_quote(value)}"
        super().__init__(f"{name} {rule}{received}; {way_out}.")


class Environment:
    """Typed reads from a mapping of variables; an empty value counts as not set."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str = "") -> str:
        """Return the value without surrounding white space, or the default."""
        return self._variables.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool) -> bool:
        """Return True for 1, true, yes, on and False for 0, false, no, off."""
        value = self.text(name)
        if not value:
            return default
        if value.lower() in TRUE:
            return True
        if value.lower() in FALSE:
            return False
        raise SettingError(
            name, "must be on or off", value, f"set {name}=on or {name}=off"
        )

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number in least..most, written in plain ASCII digits."""
        value = self.text(name)
        if not value:
            return default
        digits = value.removeprefix("-")
        number = int(value) if _is_short_decimal(digits) else None
        if number is None or not least <= number <= most:
            raise SettingError(
                name,
                f"must be a whole number in {least}..{most}",
                value,
                f"for example {name}={default}",
            )
        return number

    def optional_whole(self, name: str, *, least: int, most: int) -> int | None:
        """Return a whole number in least..most, or None if it is not set."""
        if not self.text(name):
            return None
        return self.whole(name, least, least=least, most=most)

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        value = self.text(name)
        if not value:
            return default
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not low <= number < high:
            raise SettingError(
                name,
                f"must be a number in [{low:g}, {high:g})",
                value,
                f"for example {name}={default}",
            )
        return number

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        """Return a value that is one of the choices."""
        value = self.text(name, default)
        if value not in choices:
            raise SettingError(
                name, "is not known", value, f"choose one of {', '.join(choices)}"
            )
        return value

    def names(self, name: str) -> list[str]:
        """Return the items of a comma-separated list."""
        return [item for part in self.text(name).split(",") if (item := part.strip())]

    def json_object(self, name: str, default: dict[str, Any]) -> dict[str, Any]:
        """Return a JSON object."""
        value = self.text(name)
        if not value:
            return default
        example = f"for example {name}='{json.dumps(default)}'"
        try:
            document = json.loads(value)
        except (ValueError, RecursionError):
            raise SettingError(name, "must be JSON", value, example) from None
        if not isinstance(document, dict):
            raise SettingError(name, "must be a JSON object", value, example)
        return document

    def folder(self, name: str, default: Path) -> Path:
        """Return an absolute path that is a folder or does not exist yet."""
        value = self.text(name)
        if not value:
            return default
        path = Path(value).expanduser().absolute()
        if path.exists() and not path.is_dir():
            raise SettingError(
                name, "must be a folder", value, f"for example {name}={default}"
            )
        return path

    def hosts(self, name: str, default: list[str]) -> list[str]:
        """Return host names: no scheme, no port, no path."""
        hosts = self.names(name)
        for host in hosts:
            is_address = host.startswith("[") and host.endswith("]")
            is_split = any(character in "/ \t" for character in host)
            if is_split or (":" in host and not is_address):
                raise SettingError(
                    name,
                    "must be host names without scheme, port and path",
                    host,
                    f"for example {name}=noise.example.org,10.0.0.5,[::1]",
                )
        return hosts or default

    def origins(self, name: str) -> list[str]:
        """Return origins: a scheme, a host and optionally a port."""
        origins = self.names(name)
        for origin in origins:
            if not ORIGIN.fullmatch(origin):
                raise SettingError(
                    name,
                    "must be origins",
                    origin,
                    f"for example {name}=https://noise.example.org",
                )
        return origins

    def service_url(self, name: str) -> str:
        """Return the base URL of a service, without a slash at its end, or ""."""
        value = self.text(name)
        if not value:
            return ""
        if not _is_service_url(value):
            raise SettingError(
                name,
                "must be an http or https URL of host, port and path only",
                # It may hold a password.
                None,
                f"for example {name}=http://localhost:8101",
            )
        return value.rstrip("/")


def _is_service_url(value: str) -> bool:
    match = SERVICE_URL.fullmatch(value)
    if match is None:
        return False
    with suppress(ValueError):
        ipaddress.IPv6Address(match["address"] or "::")
        return 1 <= int(match["port"] or 1) <= GREATEST_PORT
    return False


def _is_short_decimal(digits: str) -> bool:
    """Tell whether int() can read it: ASCII digits, not too many."""
    return digits.isascii() and digits.isdigit() and len(digits) < 20


def _quote(value: str) -> str:
    """Return the value in quotes, on one line, cut if it is long."""
    if len(value) > SHOWN_CHARACTERS:
        return f"{value[:SHOWN_CHARACTERS]!r}..."
    return repr(value)
