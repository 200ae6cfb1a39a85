"""Where sql/, templates/ and the lock of versions are: inside an installed package, or beside it in a checkout. Nothing else knows."""

from __future__ import annotations

import re
from pathlib import Path

_PACKAGE = Path(__file__).parent


def sql_text(name: str) -> str:
    """The text of one SQL file, e.g. "assess/award.sql". Raises FileNotFoundError."""
    return (_folder("sql") / name).read_text(encoding="utf-8")


def sql_texts() -> list[str]:
    """The texts of all SQL files."""
    return [path.read_text(encoding="utf-8") for path in sorted(_folder("sql").rglob("*.sql"))]


def template_dir() -> Path:
    """The folder of the letters' templates and fonts."""
    return _folder("templates")


def locked_versions() -> dict[str, set[str]]:
    """The versions of each package that this program is made and tested with, one for each range of Pythons; none where they are not told."""
    installed = _PACKAGE / "_requirements.lock"
    path = installed if installed.is_file() else _PACKAGE.parent / "requirements.lock"
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", path.read_text(encoding="utf-8") if path.is_file() else "", re.MULTILINE):
        versions.setdefault(name, set()).add(version)
    return versions


def _folder(name: str) -> Path:
    installed = _PACKAGE / f"_{name}"
    return installed if installed.is_dir() else _PACKAGE.parent / name
