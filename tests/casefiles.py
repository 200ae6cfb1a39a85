"""Case files of an invented policy, for tests of documents: those of the samples, under an invented sender."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from claims.casefile import CaseFile, LetterStyle
from claims.letters import samples
from claims.letters.samples import CEILING, COMPUTED, FACTS

__all__ = ["CEILING", "COMPUTED", "FACTS", "STYLE", "approved", "reduced", "rejected"]

STYLE = LetterStyle(
    issuer="样例市财政局",
    mark="样例市财政局文件",
    number_pattern="样财金〔{year}〕{number}号",
    contact="联系人：样例科室，联系电话：0000-1234567",
    objection="如对本决定有异议，可以自收到本通知之日起六十日内依法申请行政复议。",
    copies_to="样例市审计局，样例市税务局。",
    print_office="样例市财政局办公室",
    addressed_as="你单位",
)


def approved(claim_id: str = "C-001", **changes: Any) -> CaseFile:
    return replace(samples.approved(STYLE, claim_id), **changes)


def reduced(claim_id: str = "C-002", **changes: Any) -> CaseFile:
    return replace(samples.reduced(STYLE, claim_id), **changes)


def rejected(claim_id: str = "C-003", **changes: Any) -> CaseFile:
    return replace(samples.rejected(STYLE, claim_id), **changes)
