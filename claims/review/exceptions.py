"""What waits for a person: each held claim and code, with what was found, what the article says, and what the award would be if it were let pass.

The award is computed by the engine, on the store as it is: all held claims without a code that leaves no amount are settled as if everything of
them had been waived, in the order of settling, so that limits which they share count once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from claims.assessment import of_batch, prepare_facts, settle
from claims.casefile import ACTIONS, OUTCOMES, RULINGS, Ruling, date_text
from claims.database import Database
from claims.intake import Listing, take_in
from claims.policy.compiler import CompiledPolicy, joined_column
from claims.policy.model import Code, Policy
from claims.record.journal import Entry
from claims.record.store import result_source
from claims.trace import choice_text
from claims.validation import validate, waivable_codes
from claims.workspace import Workspace

NOT_COMPUTABLE = "金额无法计算"
UNKNOWN = "未登记"
"""What a breakdown says of a claim whose claimant is not in the tables."""


@dataclass(frozen=True)
class Trial:
    """What a claim would get if everything that may be waived were. `award_fen` is None where no amount can be computed; `text` says the outcome,
    `blocking` are the codes that leave no amount.

    `breakdowns` are what the policy's breakdowns say of the claim.
    """

    award_fen: int | None
    text: str
    breakdowns: tuple[str, ...]
    blocking: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenException:
    """Grain: one held claim and code. Cells and raw values are joined as exceptions.csv joins them; `cells` are their headers, with the units
    that they had in the file, and `raw` has choices by their words.

    `found` is what stands there, `asks` what the article says and what to do. `state` stands for the claim's content and everything found in it;
    `ruling` is the latest on this content, `ruled_by` the sequence of its act.
    """

    claim_id: str
    claimant: str
    name: str
    clause: str
    clause_title: str
    code: Code
    cells: str
    raw: str
    file: str
    line: int
    found: str
    asks: str
    held_since: dt.date
    content: str
    changed: bool
    state: str
    trial: Trial
    ruling: Ruling | None
    ruled_by: int | None

    @property
    def actions(self) -> tuple[str, ...]:
        """What may be ruled on it. What was decided stands: its difference is no matter of review, but of an adjustment.

        A code may be waivable, and this claim lack an amount all the same, such as one whose period ends before it begins.
        """
        if self.changed:
            return ()
        unfit = {"waive": not self.code.waivable or self.trial.text == NOT_COMPUTABLE, "determine": not self.code.determines}
        return tuple(action for action in ACTIONS if not unfit.get(action))

    @property
    def at_stake_fen(self) -> int:
        """The award that hangs on the review; an unknown one comes after all others."""
        return -1 if self.trial.award_fen is None else self.trial.award_fen

    @property
    def waivable(self) -> bool:
        """Whether the claim may pass in spite of this code; its other codes have rulings of their own."""
        return "waive" in self.actions


def open_exceptions(
    database: Database, workspace: Workspace, policy: Policy, runs: Sequence[Entry], day: dt.date, label: str | None = None,
) -> list[OpenException]:
    """What is held now, of one run where its label is given: those that wait longest first, and of these the largest awards.

    The policy and the calendar must have been entered. `runs` are all of the policy, oldest first.
    """
    trials = _trials(database, workspace, policy, max(day, dt.date.fromisoformat(runs[-1].body["as_of"])))
    columns, rows = _recorded(database, workspace, runs)
    of_claim: dict[str, list[dict]] = defaultdict(list)
    for row in rows:
        named = dict(zip(columns, row))
        of_claim[named["claim_id"]].append(named)
    chosen = _held_by(database, workspace, runs, label) if label else of_claim.keys()
    found = [_opened(policy, row, trials, _state(group)) for claim_id, group in of_claim.items() if claim_id in chosen for row in group]
    return sorted(found, key=lambda one: (one.held_since, -one.at_stake_fen, one.claim_id, one.code.id))


def _recorded(database: Database, workspace: Workspace, runs: Sequence[Entry]) -> tuple[list[str], list[tuple]]:
    sources = [(run.sequence, result_source(workspace, run, "exception"), result_source(workspace, run, "held")) for run in runs]
    frame = database.frame(database.render("review/open_exception.sql", runs=sources, days={run.sequence: run.body["as_of"] for run in runs}))
    return frame.columns, frame.rows()


def _held_by(database: Database, workspace: Workspace, runs: Sequence[Entry], label: str) -> set[str]:
    run = next(run for run in runs if run.body["label"] == label)
    return {claim_id for (claim_id,) in database.rows(f"select claim_id from {result_source(workspace, run, 'held')}")}


def _state(group: list[dict]) -> str:
    """A digest of a claim's content and of everything that was found in it."""
    told = [group[0]["claim_id"], group[0]["content"], [[row["code"], row["field"], row["raw_value"]] for row in group]]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _opened(policy: Policy, row: dict, trials: dict[str, Trial], state: str) -> OpenException:
    code, clause = policy.codes[row["code"]], policy.clauses.get(row["clause"])
    found, asks = message_parts(policy, code, row["clause"], row["message_zh"])
    ruling = row["ruling"] and Ruling(code.id, code.title, row["action"], row["reason"], row["reviewer"], row["ruled_on"], row["answer_by"])
    decided = Trial(None, "原决定不变，需要变更的用 claims adjust 更正", (UNKNOWN,) * len(policy.body.breakdown))
    return OpenException(
        claim_id=row["claim_id"], claimant=row["claimant"], name=row["name"], clause=row["clause"], clause_title=clause.title if clause else "",
        code=code, cells=row["headers"], raw=row["shown"], file=row["file"], line=row["line"], found=found, asks=asks,
        held_since=row["held_since"], content=row["content"], changed=row["changed"], state=state, trial=trials.get(row["claim_id"], decided),
        ruling=ruling, ruled_by=row["ruling"],
    )


def message_parts(policy: Policy, code: Code, clause: str, message: str) -> tuple[str, str]:
    """A message of an exception in its two parts: what was found, and what the article says and asks for. The policy's sentence has the cells in
    its first part; one that does not is told whole, beside the article."""
    known = policy.clauses.get(clause)
    article = code.article or f"《{policy.head.title}》{known.article if known else ''}"
    asks = code.message_zh.partition("。")[2].replace("{article}", article)
    if asks and message.endswith(asks):
        return message.removesuffix(asks), asks
    return message, article


# ---------------------------------------------------------------- what they would get


def _trials(database: Database, workspace: Workspace, policy: Policy, day: dt.date) -> dict[str, Trial]:
    """What each claim that is tried again would get, by its id: a run without new files, of which nothing is kept."""
    compiled, scratch = CompiledPolicy(policy), workspace.fresh_scratch("trial")
    take_in(database, policy, Listing(scratch, [], []), scratch, set())
    prepare_facts(database, compiled, workspace.journal.next_sequence(), day)
    compiled = of_batch(database, compiled)
    validate(database, compiled)
    database.run("review/as_if_waived.sql", waivable=waivable_codes(policy))
    settle(database, compiled)
    columns = [joined_column(policy, breakdown.by) for breakdown in policy.body.breakdown]
    rows = database.rows(database.render("review/trial.sql", breakdowns=columns))
    return {claim_id: _trial(policy, *rest) for claim_id, *rest in rows}


def _trial(
    policy: Policy, outcome: str | None, computed_fen: int | None, award_fen: int | None, reason_codes: str | None, rule: str | None,
    blocking: str | None, breakdowns: list[str | None],
) -> Trial:
    parts = tuple(choice_text(policy, breakdown.by, value) if value else UNKNOWN for breakdown, value in zip(policy.body.breakdown, breakdowns))
    codes = [policy.codes[code] for code in filter(None, (blocking or reason_codes or "").split(";"))]
    told = "、".join(f"{code.id}{code.title}" for code in codes)
    if blocking:
        return Trial(None, f"{NOT_COMPUTABLE}：{told}", parts, tuple(blocking.split(";")))
    if rule is None:  # a reviewer closed it already
        return Trial(None, told, parts)
    if computed_fen is None:
        return Trial(None, NOT_COMPUTABLE, parts)
    return Trial(award_fen, f"{OUTCOMES[outcome]}：{told}" if told else OUTCOMES[outcome], parts)


def ruling_note(ruling: Ruling | None) -> str:
    """What was ruled before, for the one who looks at it again."""
    if ruling is None:
        return ""
    until = f"，限{date_text(ruling.answer_by)}前答复" if ruling.answer_by else ""
    return f"{date_text(ruling.ruled_on)}{ruling.person}{RULINGS[ruling.action]}{until}：{ruling.reason}"
