"""Where sql/ and templates/ are: inside an installed package, or beside it in a checkout. Nothing else knows."""

from __future__ import annotations

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


def _folder(name: str) -> Path:
    installed = _PACKAGE / f"_{name}"
    return installed if installed.is_dir() else _PACKAGE.parent / name
