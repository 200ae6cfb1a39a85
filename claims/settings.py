"""The settings of a workspace: those of claims/settings.toml, changed by the workspace's own claims.toml."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import msgspec

from claims.errors import InputRefused
from claims.toml import SYNTAX_ERRORS, Model, parse, read_as

SHIPPED = Path(__file__).with_suffix(".toml")


class NightlySettings(Model):
    """What `claims nightly` does unasked. `on_failure` is a command, word by word."""

    policy: str
    letters: bool
    on_failure: list[str]


class GateSetting(Model):
    """Bounds of a measure, both inclusive, in the measure's unit, and what a breach does."""

    min: int | Decimal | None = None
    max: int | Decimal | None = None
    action: Literal["warn", "stop", "off"] = "warn"


class Settings(Model):
    """All settings. `gate` is keyed by the name of a measure, or by FAMILY.* for those of a family that are not named."""

    nightly: NightlySettings
    gate: dict[str, GateSetting]

    def recorded(self) -> bytes:
        """The settings that bear on results, as canonical JSON: what the record keeps of a run's configuration."""
        content = msgspec.to_builtins({"gate": self.gate}, builtin_types=(Decimal,))
        return json.dumps(content, sort_keys=True, separators=(",", ":"), default=str).encode()


def load_settings(path: Path) -> Settings:
    """The shipped settings with the changes of a file, if there is one. Raises InputRefused naming what is wrong in it."""
    try:
        changes = parse(path.read_bytes()) if path.exists() else {}
        return read_as(_merged(parse(SHIPPED.read_bytes()), changes), Settings)
    except SYNTAX_ERRORS as error:
        raise InputRefused([f"{path}: {error}; `claims settings` prints every setting"]) from error


def recorded_settings(recorded: bytes) -> Settings:
    """The settings that a run began with, from what the record keeps of them; the others are as shipped."""
    return read_as(parse(SHIPPED.read_bytes()) | json.loads(recorded, parse_float=Decimal), Settings)


def _merged(shipped: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Both, table by table; a value of the changes replaces the shipped one."""
    both = {name: _merged(value, changes[name]) for name, value in shipped.items() if isinstance(value, dict) and isinstance(changes.get(name), dict)}
    return shipped | changes | both
