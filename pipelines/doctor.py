"""`claims doctor`: what was looked at, area by area, and each finding with how to mend it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

from claims.doctor import Area, examine
from claims.errors import InputRefused, RecordBroken
from claims.workspace import Workspace


def examined(root: Path) -> Sequence[Area]:
    """All areas of a workspace, which need not be there, as of today."""
    return examine(Workspace(root), dt.date.today())


def report(areas: Sequence[Area]) -> str:
    """One line for each area, then each finding below it."""
    return "\n".join(line for area in areas for line in _lines(area))


def _lines(area: Area) -> Iterator[str]:
    hindering = sum(finding.hinders for finding in area.findings)
    yield f"{area.name}: {area.there_is}; {_counted(hindering)}"
    for finding in area.findings:
        yield f"  {'Finding' if finding.hinders else 'To do'}: {finding.found}\n    Mend: {finding.mend}"


def _counted(findings: int) -> str:
    return f"{findings} finding{'' if findings == 1 else 's'}" if findings else "in order"


def require_in_order(areas: Sequence[Area]) -> None:
    """Raises RecordBroken where the record does not verify, InputRefused where something else is to be mended before work goes on."""
    findings = sum(finding.hinders for area in areas for finding in area.findings)
    if any(area.broken for area in areas):
        raise RecordBroken("the record of the workspace does not verify; the findings above say where")
    if findings:
        raise InputRefused([f"{_counted(findings)}; mend what is named above, then give the command again"])
