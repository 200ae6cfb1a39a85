"""The history of a policy in a workspace assessed again: run after run, what each decides being the history of the next.

It happens in a database of its own, from what the record keeps of each run, as intake left it; no file is read again, and nothing of the
workspace is opened for writing. Claims are validated again, too, because whether a claim is held may depend on earlier awards.

Adjustments that two people agreed on are taken as they were recorded, before the run that came after them: under another policy, too, later
claims count what such a claim was adjusted to.

One thing cannot be told from the record: a line that was the duplicate of a claim's earlier content stays out, also where under the other
policy the claim would have been waiting with newer content by then.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from claims.assessment import ProgramDefect, defects, lacking_cells, look_up_reference, of_batch, prepare_facts, settle
from claims.database import Database
from claims.errors import ClaimsError, UsageError
from claims.intake import typed_relation_sql
from claims.policy.compiler import Asked, CompiledPolicy
from claims.policy.model import Policy
from claims.record.acts import acts_of
from claims.record.journal import Entry
from claims.record.results import result_sql, sticky_codes
from claims.record.store import enter_policy, load_act, policy_of, result_source
from claims.trace import cell_title
from claims.validation import validate
from claims.workdays import load_calendar, read_calendar
from claims.workspace import Workspace

Versions = dict[str, CompiledPolicy]
"""The policy that each run is assessed under, by the SHA-256 of the one that it used."""


@dataclass(frozen=True)
class History:
    """The finished runs of one policy in a workspace, oldest first; at least one."""

    workspace: Workspace
    entries: tuple[Entry, ...]

    @cached_property
    def policies(self) -> dict[str, Policy]:
        """Every version of the policy that a run used, by its SHA-256."""
        return {entry.body["policy"]["sha256"]: policy_of(self.workspace, entry) for entry in self.entries}

    @cached_property
    def adjustments(self) -> tuple[Entry, ...]:
        """The steps of all adjustments of claims of this policy, oldest first."""
        return tuple(acts_of(self.workspace, self.entries[0].body["policy"]["id"], "adjust"))

    @property
    def latest(self) -> Policy:
        """The policy as the latest run used it."""
        return self.policies[self.entries[-1].body["policy"]["sha256"]]

    @cached_property
    def versions(self) -> Versions:
        """Every run under its own policy."""
        return {sha256: CompiledPolicy(policy) for sha256, policy in self.policies.items()}


class NotReproduced(ClaimsError):
    """The unchanged policy does not give again what a run recorded, so that nothing can be measured against it."""


class FactUnknown(UsageError):
    """The changed policy must know of claims what is not known. `names` are what it is called in sentences."""

    def __init__(self, label: str, names: Sequence[str]):
        super().__init__(f"under the change, claims of run {label} have no value for {', '.join(names)}: it cannot be assessed")
        self.names = tuple(names)


class Replay:
    """A history in the making, in one schema of a database: the tables of a store, and `bound_limit` with the limits that bound each claim.

    With `facts_kept`, assess_as_recorded left those of each run. They are those of a run under other policies, too, with what these ask besides, as long
    as there are the same clauses, settled in the same order, and every run so far held the same claims.
    """

    def __init__(self, database: Database, history: History, versions: Versions, schema: str, facts_kept: bool = False):
        self.database, self.history, self.versions, self.schema, self.facts_kept = database, history, versions, schema, facts_kept
        self.workspace = history.workspace
        self.loaded: dict[str, list[str]] = defaultdict(list)
        """The sources of each reference table from the runs so far: the vault verifies each once."""

    def runs(self) -> Iterator[Entry]:
        """Assess run after run; gives each when it is done. Raises FactUnknown, ProgramDefect."""
        entries = self.history.entries
        self.database.execute(f'drop schema if exists "{self.schema}" cascade')
        enter_policy(self.database, self._compiled(entries[-1]).policy, self.schema)
        self.database.run("replay/history.sql")
        taken = 0
        for entry in entries:
            take_adjustments(self.database, self.history, taken, entry.sequence)
            self._assess_run(entry)
            yield entry
            taken = entry.sequence

    def _compiled(self, entry: Entry) -> CompiledPolicy:
        return self.versions[entry.body["policy"]["sha256"]]

    def _assess_run(self, entry: Entry) -> None:
        compiled = self._compiled(entry)
        load_calendar_of(self.database, self.workspace, entry)
        self._take_in_references(entry, compiled.policy)
        recorded = self.history.versions[entry.body["policy"]["sha256"]]
        self.facts_kept = self.facts_kept and compiled.turns == recorded.turns
        if self.facts_kept:
            with self._kept_fact(entry, compiled, compiled.asked_besides(recorded)):
                self._decide(entry, compiled)
            self.facts_kept = self._held_as_recorded(entry, compiled.policy, recorded.policy)
        else:
            self._take_in_claims(entry, compiled.policy, recorded.policy)
            prepare_facts(self.database, compiled, entry.sequence, dt.date.fromisoformat(entry.body["as_of"]))
            self._decide(entry, compiled)
        self.database.run("replay/waiting.sql", **self._recorded(entry, "decided", "held"))

    def _decide(self, entry: Entry, compiled: CompiledPolicy) -> None:
        compiled = of_batch(self.database, compiled)
        validate(self.database, compiled, result_source(self.workspace, entry, "standing_ruling"))
        settle(self.database, compiled)
        self._check(entry, compiled)
        self._keep(entry, compiled.policy)

    def _recorded(self, entry: Entry, *relations: str) -> dict[str, str]:
        return {relation: result_source(self.workspace, entry, relation) for relation in relations}

    def _take_in_claims(self, entry: Entry, policy: Policy, recorded: Policy) -> None:
        """Fill `incoming_claim` with what the run took in."""
        source = self._recorded(entry, "decided", "cell", "held", "exception")
        self.database.run(
            "replay/taken.sql", claims=policy.claims, doubled=recorded.detected("doubled").id,
            typed_held=typed_relation_sql(policy, policy.claims, source["held"]), **source,
        )

    def _take_in_references(self, entry: Entry, policy: Policy) -> None:
        """Fill `typed_<table>` with what the run took in, and `<table>` with what the runs before it did."""
        for table in policy.reference_tables:
            reference, earlier = result_source(self.workspace, entry, table.name), self.loaded[table.name]
            self.database.run("replay/reference.sql", table=table, source=reference, earlier=earlier)
            earlier.append(reference)

    @contextmanager
    def _kept_fact(self, entry: Entry, compiled: CompiledPolicy, besides: Asked) -> Iterator[None]:
        """Let `fact` be what was kept of the run, with what is asked `besides`. Settling looks awards paid before up by itself."""
        database, run, joined = self.database, entry.sequence, bool(besides.tables)
        database.run("replay/fact_again.sql", run=run, besides=besides)
        for table in compiled.policy.reference_tables:
            if table.name in besides.tables | {compiled.policy.awards.name}:
                look_up_reference(database, table, run, compiled.asked_by.get(table.name, ()))
        if joined:
            database.run("assess/fact.sql", as_of=entry.body["as_of"], joins=besides.joins, lookups=besides.lookups)
        try:
            yield
        finally:
            if not joined:
                database.execute("drop view temp.fact")

    def _held_as_recorded(self, entry: Entry, policy: Policy, recorded: Policy) -> bool:
        """Whether a run on kept facts holds the claims that the recorded policy held, with the same codes that stay."""
        return not self.database.rows(self.database.render(
            "replay/held_otherwise.sql", run=entry.sequence, sticky=sticky_codes(policy), recorded_sticky=sticky_codes(recorded),
        ))

    def _check(self, entry: Entry, compiled: CompiledPolicy) -> None:
        if self.database.rows(self.database.render(
            "replay/newly_unknown.sql", recorded=result_source(self.workspace, entry, "exception"), code=compiled.policy.detected("unknown_value").id,
        )):
            raise FactUnknown(entry.body["label"], [cell_title(compiled.policy, cell) for cell in lacking_cells(self.database, compiled)])
        found = defects(self.database, compiled)
        if found:
            raise ProgramDefect(f"the results of run {entry.body['label']} do not hold together: {found}")

    def _keep(self, entry: Entry, policy: Policy) -> None:
        self.database.run("replay/bound_limit.sql", limit_titles=limit_titles(policy))
        self.database.run(
            "replay/keep.sql", run=entry.sequence, label=entry.body["label"], as_of=entry.body["as_of"],
            **{relation: result_sql(self.database, policy, entry.sequence, relation, in_order=False) for relation in ("decided", "held")},
        )


def take_adjustments(database: Database, history: History, after: int, before: int) -> None:
    """Load what was agreed on between two runs, given by their sequences: it counts for the later one."""
    for entry in history.adjustments:
        if after < entry.sequence < before:
            load_act(database, history.workspace, entry)
            database.run("replay/settled_change.sql", sequence=entry.sequence)


def load_calendar_of(database: Database, workspace: Workspace, entry: Entry) -> None:
    """Load the calendar of days off that a run used."""
    extension = entry.body["calendar_sha256"]
    load_calendar(database, read_calendar(workspace.calendar, extension and workspace.vault.read(extension)))


def limit_titles(policy: Policy) -> list[tuple[str, str]]:
    """What binds a claim, by the name that a limit has in the trace: ceilings, what is given once, and of which only the highest is given."""
    codes = [part.code for clause in policy.body.clause for part in (clause.once, clause.highest) if part]
    return [(ceiling.id, ceiling.title) for ceiling in policy.body.ceiling] + [(code, policy.codes[code].title) for code in dict.fromkeys(codes)]


def assess_as_recorded(database: Database, history: History, schema: str) -> None:
    """Assess every run under the policy that it used, and see that it decides what it recorded. Raises NotReproduced.

    The facts of each run stay in the database as `fact_<run>`, the codes of its held claims as `held_code_<run>`, what people ruled on its claims as
    `standing_ruling_<run>`, and which of them people closed as `closed_<run>`.
    """
    for entry in Replay(database, history, history.versions, schema).runs():
        database.run("replay/kept_fact.sql", run=entry.sequence)
        treasuries = [f"{treasury}_fen" for treasury in history.latest.treasury_ids]
        differing = database.rows(database.render(
            "replay/differing.sql", run=entry.sequence, recorded=result_source(history.workspace, entry, "decided"),
            columns=", ".join(["claim_id", "outcome", "award_fen", *treasuries, "payee", "reason_codes"]),
        ))
        if differing:
            raise NotReproduced(
                f"the unchanged policy does not decide run {entry.body['label']} again as it was recorded: {len(differing):,} claims differ, "
                f"{differing[0][0]} is one of them. The run was made by program version {entry.body['program_version']}; a change cannot be "
                "measured against decisions that this version would not make"
            )


def assess_run_by_run(database: Database, history: History, versions: Versions, schema: str, facts_kept: bool = False) -> None:
    """Assess every run under other policies; with `facts_kept`, assess_as_recorded was done in this database. Raises FactUnknown."""
    for _ in Replay(database, history, versions, schema, facts_kept).runs():
        pass
