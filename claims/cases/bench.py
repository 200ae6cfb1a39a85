"""A bench for trial claims: thousands of invented claims assessed at once by the engine itself, each in a world of its own.

No trial sees another one, whatever its keys and pools, because the policy that is assessed keeps worlds apart; and no rule is told a second time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from claims.assessment import ProgramDefect, defects, join_facts, settle, trace_sql
from claims.casefile import Reason, Step
from claims.cases.atoms import watched
from claims.cases.world import CARRIED_AMOUNT, CLAIM, Facts, Trial, World, claim_name, kept_apart
from claims.database import Database
from claims.errors import StatementFailed
from claims.intake import typed_relation_sql
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import Policy, Table
from claims.record.store import enter_policy
from claims.trace import Narrator, steps_by_claim
from claims.validation import tell_exceptions, validate
from claims.workdays import load_calendar, read_calendar

AT_ONCE, FAILURES_AT_MOST = 25_000, 300


@dataclass(frozen=True)
class Result:
    """What became of a trial. outcome: approved, reduced, rejected, exception, or unknown where no run could settle it; `rule` is None where it
    is held; `cases` are the situations of codes that hold, by number; `limits` those that bound;
    `award_fen` is fen. Of what is watched: `atoms` tell of the rule's atoms whether they hold, `goals` whether they are met, and both are empty where
    it is held; `asked` tells of the comparisons before any rule, `rows` for how many rows those of lookups hold, `found` what each lookup gives, and
    `follows` what each treasury bears of an award, and its instalments and obligations."""

    rule: str | None
    outcome: str
    award_fen: int
    codes: str
    cases: tuple[int, ...]
    limits: tuple[str, ...]
    carried: bool
    atoms: tuple[bool | None, ...]
    goals: tuple[bool, ...] = ()
    asked: tuple[bool | None, ...] = ()
    rows: tuple[int, ...] = ()
    found: tuple[str | None, ...] = ()
    follows: tuple[str | None, ...] = ()


UNKNOWN = Result(None, "unknown", 0, "", (), (), False, ())


@dataclass(frozen=True)
class Told:
    """The same for people: the messages that hold a claim, or the reasons and steps of its decision, and what follows from its award."""

    result: Result
    held: tuple[str, ...]
    reasons: tuple[Reason, ...]
    steps: tuple[Step, ...]
    follows: tuple[str, ...]


class Bench:
    """Assesses trials under a policy as of a day. The database is scratch."""

    def __init__(self, database: Database, policy: Policy, as_of: dt.date):
        self.database, self.as_of = database, as_of
        self.policy = kept_apart(policy)
        self.compiled = CompiledPolicy(self.policy)
        self.watched = watched(self.policy, self.compiled)
        self.failed = 0
        self._of_clauses: dict[frozenset[str], CompiledPolicy] = {frozenset(policy.clauses): self.compiled}
        enter_policy(database, self.policy, "cases")
        load_calendar(database, read_calendar(Path(), None))

    def results(self, trials: Sequence[Trial], held: bool = True) -> list[Result]:
        """What becomes of each trial; without `held`, what would become of it if no code held it."""
        found: list[Result] = []
        for start in range(0, len(trials), AT_ONCE):
            found += self._results(trials[start:start + AT_ONCE], held)
        return found

    def _results(self, trials: Sequence[Trial], held: bool) -> list[Result]:
        """A trial for which a number grows too large for its type is found by halves, and is unknown."""
        try:
            return self._assessed(trials, held)
        except StatementFailed:
            self.failed += 1
            if self.failed > FAILURES_AT_MOST:
                raise
            middle = len(trials) // 2
            return self._results(trials[:middle], held) + self._results(trials[middle:], held) if middle else [UNKNOWN]

    def _assessed(self, trials: Sequence[Trial], held: bool) -> list[Result]:
        compiled = self._compiled_for(self.compiled.with_bases({trial.clause for trial in trials}))
        self._enter(trials)
        validate(self.database, compiled)
        if not held:
            self.database.execute("delete from held_code")
        settle(self.database, compiled)
        return self._read(compiled)

    def told(self, trials: Sequence[Trial]) -> list[Told]:
        """What becomes of each trial, in words. Raises ProgramDefect where the results do not hold together."""
        self._enter(trials)
        validate(self.database, self.compiled)
        settle(self.database, self.compiled)
        tell_exceptions(self.database, self.compiled)
        results = {claim_name(number): result for number, result in enumerate(self._read(self.compiled))}
        found = [defect for defect, claim_id in defects(self.database, self.compiled) if claim_id in results and results[claim_id].outcome != "unknown"]
        if found:
            raise ProgramDefect("the edge cases do not hold together: " + "; ".join(found))
        held, decided = self._messages(), self._decided()
        return [Told(result, tuple(held.get(claim_id, ())), *decided.get(claim_id, ((), (), ()))) for claim_id, result in results.items()]

    def _compiled_for(self, clauses: frozenset[str]) -> CompiledPolicy:
        """The rules of some clauses alone: what no trial asks for costs planning in every batch."""
        if clauses not in self._of_clauses:
            self._of_clauses[clauses] = CompiledPolicy(self.policy, clauses)
        return self._of_clauses[clauses]

    # ------------------------------------------------ in

    def _enter(self, trials: Sequence[Trial]) -> None:
        """Fill `fact` with the trials and the claims before them, and what they look up."""
        lines: dict[str, list[Facts]] = {name: [] for name in self.policy.tables}
        carried: list[tuple[Facts, str]] = []
        for number, trial in enumerate(trials):
            world = World(self.policy, trial, claim_name(number))
            for table, line in world.lines():
                lines[table].append(line)
            earlier = world.carried()
            if earlier:
                carried.append((earlier, trial.facts[CARRIED_AMOUNT]))
        if self.compiled.carries:
            self._enter_carried(carried)
        self._enter_lines(self.policy.claims, lines[self.policy.claims.name])
        self.database.run("cases/claim.sql", typed=self._typed(self.policy.claims))
        self.database.run("assess/batch.sql", typed_held=typed_relation_sql(self.policy, self.policy.claims, "held"))
        for table in self.policy.reference_tables:
            self._enter_lines(table, lines[table.name])
            self.database.run("cases/reference.sql", table=table, typed=self._typed(table))
        join_facts(self.database, self.compiled, self.as_of)

    def _enter_carried(self, carried: Sequence[tuple[Facts, str]]) -> None:
        self._enter_lines(self.policy.claims, [line for line, _ in carried])
        statement = self.database.render("cases/carried.sql", typed=self._typed(self.policy.claims), treasuries=self.policy.treasury_ids)
        self.database.execute(statement, {"carried_yuan": [amount for _, amount in carried]}, name="cases/carried.sql")

    def _typed(self, table: Table) -> str:
        return typed_relation_sql(self.policy, table, f"case_line_{table.name}")

    def _enter_lines(self, table: Table, lines: Sequence[Facts]) -> None:
        columns = {field.name: [line.get(field.name) for line in lines] for field in table.field}
        statement = self.database.render("cases/line.sql", table=table)
        self.database.execute(statement, {"line": list(range(1, len(lines) + 1)), **columns}, name="cases/line.sql")

    # ------------------------------------------------ out

    def _read(self, compiled: CompiledPolicy) -> list[Result]:
        query = self.database.render("cases/result.sql", rules=compiled.rules, watched=self.watched, lookups=compiled.lookups, claim=CLAIM,
                                     treasuries=self.policy.treasury_ids)
        numbers = {number: self.compiled.unknown_cases[cell] for cell, number in compiled.unknown_cases.items()}
        return [
            Result(rule, outcome, award_fen, codes, tuple(numbers.get(number, number) for number in cases), tuple(limits), carried, *map(tuple, seen))
            for rule, outcome, award_fen, codes, cases, limits, carried, *seen in self.database.rows(query)
        ]

    def _messages(self) -> dict[str, list[str]]:
        """What holds each claim: message by message."""
        found: dict[str, list[str]] = {}
        for claim_id, message in self.database.rows("select claim_id, message_zh from exception order by claim_id, code"):
            found.setdefault(claim_id, []).append(message.replace(claim_id, CLAIM))
        return found

    def _decided(self) -> dict[str, tuple[tuple[Reason, ...], tuple[Step, ...], tuple[str, ...]]]:
        """Reasons, steps, and what follows, of each decided claim."""
        columns = ("claim_id", "rule", "outcome", "award_fen", "reason_codes", *(f"{treasury}_fen" for treasury in self.policy.treasury_ids))
        rows = self.database.rows(f"select {', '.join(columns)} from decision order by claim_id")
        by_claim = steps_by_claim(self.database, f"(from ({trace_sql(self.database, self.compiled)}) where claim_id is not null)")
        narrators = {rule.id: Narrator(self.policy, rule.id, self.as_of) for rule in self.compiled.rules}
        return {
            row["claim_id"]: narrators[row["rule"]].told(row, _without_id(row["claim_id"], by_claim[row["claim_id"]]))
            for row in (dict(zip(columns, row)) for row in rows)
        }


def _without_id(claim_id: str, steps: list[dict]) -> list[dict]:
    """The steps without the invented id of the claim, which tells nobody anything."""
    return [{**step, "value_text": CLAIM if step["value_text"] == claim_id else step["value_text"]} for step in steps]
