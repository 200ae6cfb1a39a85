"""From the trace to words: the case file of a decided claim, made from the steps that the run recorded and the policy's own sentences.

No award is computed here. A sentence that asks for a value which the trace lacks is left empty, and holds the letter that needs it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby

import msgspec

from claims.casefile import Band, CaseFile, Fact, LetterStyle, Limit, Payee, Reading, Reason, Share, Step, date_text
from claims.database import Database
from claims.money import yuan_text
from claims.policy.compiler import PLACEHOLDER, NameScope, given_pool, placeholders
from claims.policy.expression import names_in
from claims.policy.model import Bands, BandStep, Bound, Clause, Code, Field, Lookup, Policy, Status, Way
from claims.record.journal import Entry
from claims.record.store import enter_policy, policy_of, result_source
from claims.workspace import Workspace

STEP_COLUMNS = ("claim_id", "kind", "name", "value", "value_text", "file", "line", "before_fen", "allowed", "used", "remaining",
                "otherwise_fen", "bound")
UNIT_WORDS = {"yuan": "元", "m2": "平方米", "pct": "%", "day": "天", "year": "年"}
"""What is printed behind a number; counts have no word."""


def case_files(database: Database, workspace: Workspace, entry: Entry, claim_id: str | None = None) -> Iterator[CaseFile]:
    """The case files of a run's decided claims, by claim_id; of one claim when it is named."""
    policy = policy_of(workspace, entry)
    enter_policy(database, policy)
    sources = (result_source(workspace, entry, relation) for relation in ("decided", "step"))
    yield from cases_in(database, policy, entry, *sources, entry.sequence, claim_id)


def cases_in(
    database: Database, policy: Policy, entry: Entry, decided: str, step: str, sequence: int, claim_id: str | None = None,
) -> Iterator[CaseFile]:
    """The case files of claims from the relations that hold them and their steps, with the particulars known by an event of the journal.

    `entry` is the run that decided them under this policy, which must have been entered.
    """
    claims = database.render(
        "report/decided_claim.sql", source=decided, run=sequence, payment=policy.body.payment,
        key=policy.tables[policy.body.payment.table].key[0], treasuries=policy.treasury_ids, claim_id=claim_id,
    )
    steps = _steps_by_claim(database, step, claim_id)
    narrators: dict[str, Narrator] = {}
    for row in database.frame(claims).iter_rows(named=True):
        narrator = narrators.setdefault(row["rule"], Narrator(policy, row["rule"], entry))
        yield narrator.case_file(row, steps.pop(row["claim_id"]))


def _steps_by_claim(database: Database, source: str, claim_id: str | None) -> dict[str, list[dict]]:
    where = "where claim_id = $claim_id" if claim_id else ""
    rows = database.rows(f"select {', '.join(STEP_COLUMNS)} from {source} {where} order by claim_id, ordinal",
                         {"claim_id": claim_id} if claim_id else None)
    named = (dict(zip(STEP_COLUMNS, row)) for row in rows)
    return {key: list(group) for key, group in groupby(named, key=lambda step: step["claim_id"])}


class Narrator:
    """Writes the case files of the claims that one rule settled."""

    def __init__(self, policy: Policy, rule: str, entry: Entry):
        clause_id, _, way_id = rule.rpartition(".")
        self.policy, self.entry = policy, entry
        self.clause: Clause = policy.clauses[clause_id]
        self.way: Way = next(way for way in policy.ways_of(self.clause) if way.id == way_id)
        self.scope = NameScope(policy, self.clause)
        self.funding = policy.fundings[self.clause.funding]

    def case_file(self, row: dict, steps: list[dict]) -> CaseFile:
        values = {step["name"]: self._printed(step) for step in steps if step["kind"] in ("fact", "value")}
        head = self.policy.head
        return CaseFile(
            claim_id=row["claim_id"], claimant_id=row["claimant"], claimant_name=row["claimant_name"], clause=self.clause.id,
            clause_title=self.clause.title, article=self.clause.article, claim_year=row["claim_year"], submitted_on=row["submitted_on"],
            outcome=row["outcome"], computed_fen=row["computed_fen"], award_fen=row["award_fen"],
            facts=tuple(self._facts(steps)), bands=tuple(self._bands(steps)), steps=tuple(self._steps(row, steps, values)),
            limits=tuple(self._limits(row, steps)), reasons=tuple(self._reasons(row, values)),
            readings=tuple(self._readings()), shares=tuple(self._shares(row)), payee=self._payee(row),
            policy_title=head.title, policy_document_no=head.document_no, decided_on=dt.date.fromisoformat(self.entry.body["as_of"]),
            label=self.entry.body["label"], style=self._style(),
        )

    # ------------------------------------------------ parts of the case file

    def _facts(self, steps: list[dict]) -> Iterator[Fact]:
        for step in steps:
            printed = self._printed(step)
            if step["kind"] == "fact" and printed is not None:
                title, text = title_of(self.policy, step["name"]), printed + self._unit_word(step["name"])
                yield Fact(step["name"], title, text, step["file"], step["line"])

    def _bands(self, steps: list[dict]) -> Iterator[Band]:
        """The bands of the clause, the one that the trace names marked."""
        applied = {step["name"]: step["value"] for step in steps if step["kind"] == "band"}
        for bands in self.clause.bands:
            unit = self._unit_word(bands.of) if names_in(bands.of) == [bands.of] else ""
            for number, band in enumerate(bands.step):
                result = self._refused(band.code) if band.code else result_text(band)
                yield Band(band_text(bands, number, unit), result, applied[bands.band_name] == number + 1)
            if bands.code:
                yield Band("低于最低一档", self._refused(bands.code), applied[bands.band_name] == 0)

    def _refused(self, code: str) -> str:
        return f"不予支持（{code}）"

    def _steps(self, row: dict, steps: list[dict], values: dict[str, str | None]) -> Iterator[Step]:
        tellers = {"value": self._value_step, "computed": self._computed_step, "carried": self._carried_step, "cumulative": self._cumulative_step,
                   "once": self._once_step, "ceiling": self._ceiling_step}
        for step in steps:
            known = step["value"] is not None or step["value_text"] is not None
            if step["kind"] in tellers and known and not self._is_cap(step["name"]):
                yield tellers[step["kind"]](step, values)
        if row["award_fen"] > 0:
            yield Step("share", self.funding.id, "资金分担", self._said(self.funding.says, values), "", self.funding.article, False, None)
        for step in steps:
            if step["kind"] == "instalment":
                yield self._instalment_step(step)
            elif step["kind"] == "obligation":
                yield self._obligation_step(step, values)

    def _instalment_step(self, step: dict) -> Step:
        result, due = yuan_text(step["value"]) + "元", date_text(dt.date.fromisoformat(step["value_text"]))
        return Step("instalment", step["name"], f"第{step['name']}期拨付", f"不迟于{due}拨付{result}", result, self.clause.article, False, None)

    def _obligation_step(self, step: dict, values: dict) -> Step:
        obligation = next(obligation for obligation in self.clause.obligation if obligation.id == step["name"])
        repay, until = yuan_text(step["value"]), date_text(dt.date.fromisoformat(step["value_text"]))
        text = self._said(obligation.says, {**values, "until": until, "value": repay})
        return Step("obligation", obligation.id, obligation.title, text, f"违反的退回{repay}元", obligation.article, False, None)

    def _is_cap(self, name: str) -> bool:
        """The cap of a band is told in the sentence of the amount that it limits."""
        return any(bands.cap == name for bands in self.clause.bands)

    def _value_step(self, step: dict, values: dict) -> Step:
        if given_pool(step["name"]):
            return self._given_step(step)
        source = self.scope.let(step["name"]) or self.scope.bands(step["name"])
        result = values[step["name"]]
        text = self._said(source.says, {**values, "value": result})
        return Step("derive", step["name"], source.title, text, result + self._unit_word(step["name"]),
                    getattr(source, "article", None) or self.clause.article, False, None)

    def _given_step(self, step: dict) -> Step:
        pool, result = self.policy.pools[given_pool(step["name"])], yuan_text(step["value"]) + "元"
        return Step("derive", step["name"], pool.title, f"{pool.title}已核定{result}", result, self.clause.article, False, None)

    def _computed_step(self, step: dict, values: dict) -> Step:
        result = yuan_text(step["value"])
        text = self._said(self.way.amount.says, {**values, "value": result})
        return Step("computed", self.way.id, "计算金额", text, result + "元", self.clause.article, False, None)

    def _carried_step(self, step: dict, values: dict) -> Step:
        result = yuan_text(step["value"]) + "元"
        return Step("carried", "carried", "以前年度结转", f"以前年度超过限额、可结转至本年度的{result}，在限额内一并核定", result, self.clause.article, False, None)

    def _cumulative_step(self, step: dict, values: dict) -> Step:
        return self._limit_step("entitlement", "扣除此前已核定", self.clause.cumulative.says, self.clause.article, step, values)

    def _once_step(self, step: dict, values: dict) -> Step:
        pool = self.policy.pools[self.clause.once.pool]
        text = f"{pool.title}此前已给予{yuan_text(step['used'])}元" if step["bound"] else f"{pool.title}此前未曾给予"
        return Step("once", pool.id, "是否已享受", text, "不再给予" if step["bound"] else "可以给予", self.clause.article, step["bound"], None)

    def _ceiling_step(self, step: dict, values: dict) -> Step:
        ceiling = self.policy.ceilings[step["name"]]
        code = self.policy.codes[ceiling.code]
        unit = self.policy.pools[ceiling.pool].unit
        return self._limit_step("ceiling", ceiling.title, ceiling.says, code.article or self.clause.article, step, values, unit)

    def _limit_step(self, kind: str, title: str, says: str, article: str, step: dict, values: dict, unit: str = "yuan") -> Step:
        counted = {"limit": step["allowed"], "used": step["used"], "left": step["remaining"]}
        printed = {name: printed_number(amount, unit) for name, amount in counted.items() if amount is not None}
        printed |= {"before": yuan_text(step["before_fen"]), "value": yuan_text(step["value"])}
        without = f"如无此项限额，可给予{yuan_text(step['otherwise_fen'])}元" if kind == "ceiling" and step["bound"] else None
        return Step(kind, step["name"], title, self._said(says, {**values, **printed}), printed["value"] + "元", article, step["bound"], without)

    def _limits(self, row: dict, steps: list[dict]) -> Iterator[Limit]:
        tellers = {"once": self._once_limit, "cumulative": self._cumulative_limit, "ceiling": self._ceiling_limit}
        for step in steps:
            if step["kind"] in tellers:
                yield tellers[step["kind"]](step, row)

    def _once_limit(self, step: dict, row: dict) -> Limit:
        pool = self.policy.pools[self.clause.once.pool]
        may = {True: "可以给予", False: "不再给予"}
        return Limit(pool.title, "只给予一次", f"{yuan_text(step['used'])}元", may[not step["bound"]],
                     may[not step["bound"] and row["award_fen"] == 0], step["bound"])

    def _cumulative_limit(self, step: dict, row: dict) -> Limit:
        pool = self.policy.pools[self.clause.cumulative.pool]
        amounts = (step["before_fen"], step["used"], step["value"], step["value"] - row["award_fen"])
        return Limit(pool.title, *(f"{yuan_text(amount)}元" for amount in amounts), step["bound"])

    def _ceiling_limit(self, step: dict, row: dict) -> Limit:
        ceiling = self.policy.ceilings[step["name"]]
        pool = self.policy.pools[ceiling.pool]
        taken = {"awards": row["award_fen"], "computed": row["computed_fen"]}.get(pool.counts, 1) if row["award_fen"] else 0
        numbers = (step["allowed"], step["used"], step["remaining"], max(0, step["remaining"] - taken))
        word = UNIT_WORDS.get(pool.unit, "")
        return Limit(ceiling.title, *(printed_number(number, pool.unit) + word for number in numbers), step["bound"])

    def _reasons(self, row: dict, values: dict[str, str | None]) -> Iterator[Reason]:
        for code_id in filter(None, row["reason_codes"].split(";")):
            code = self.policy.codes[code_id]
            yield Reason(code.id, self._why(code, values), code.article or self.clause.article)

    def _why(self, code: Code, values: dict[str, str | None]) -> str:
        """The refusal's own sentence with the claim's values where it has one, or what the code says in general."""
        refusals = [*self.policy.body.refuse, *self.clause.refuse, *self.way.refuse]
        if code.detect == "not_in_force":
            return "；".join([code.message_zh, *map(status_text, self.policy.status_of(self.clause))])
        sentence = next((refusal.says for refusal in refusals if refusal.code == code.id and refusal.says), None)
        return self._said(sentence, values) if sentence else code.message_zh

    def _readings(self) -> Iterator[Reading]:
        for reading in (self.policy.readings[name] for name in self.clause.readings):
            yield Reading(reading.id, reading.question, reading.answer, reading.why)

    def _shares(self, row: dict) -> Iterator[Share]:
        borne = {share.treasury for share in self.funding.share}
        for treasury in self.policy.body.treasury:
            if treasury.id in borne and row["award_fen"] > 0:
                yield Share(treasury.id, treasury.title, row[f"{treasury.id}_fen"])

    def _payee(self, row: dict) -> Payee | None:
        return Payee(row["payee"], row["payee_name"], row["bank"], row["account"]) if row["payee"] else None

    def _style(self) -> LetterStyle:
        return LetterStyle(**msgspec.structs.asdict(self.policy.body.letter))

    # ------------------------------------------------ words for values

    def _said(self, sentence: str, values: dict[str, str | None]) -> str:
        words = {name: self._word(name, values) for name in placeholders(sentence)}
        return PLACEHOLDER.sub(lambda match: words[match.group(1)], sentence) if None not in words.values() else ""

    def _word(self, name: str, values: dict[str, str | None]) -> str | None:
        figure = self.scope.figure(name)
        return values[name] if name in values else figure and printed_figure(figure)

    def _printed(self, step: dict) -> str | None:
        if step["value"] is None and step["value_text"] is None:
            return None
        field, unit = self._definition(step["name"])
        if step["value"] is not None:
            return printed_number(step["value"], unit)
        if unit == "date" or (field is not None and field.type == "date"):
            return date_text(dt.date.fromisoformat(step["value_text"]))
        return field.choices.get(step["value_text"], step["value_text"]) if field else step["value_text"]

    def _definition(self, name: str) -> tuple[Field | None, str | None]:
        """The field or the unit that a name of the trace stands for."""
        let, bands = self.scope.let(name), self.scope.bands(name)
        if given_pool(name):
            return None, "yuan"
        if let or bands:
            return None, let.unit if let else bands.unit if name == bands.name else "yuan"
        field = field_of(self.policy, name)
        return field, field.unit if field else "date"

    def _unit_word(self, name: str) -> str:
        return UNIT_WORDS.get(self._definition(name)[1] or "", "")


def field_of(policy: Policy, name: str) -> Field | None:
    """The field that a fact's name stands for; None for a fact of the run."""
    prefix, _, rest = name.partition(".")
    if rest:
        return policy.tables[policy.joins[prefix].table].fields[rest]
    lookup = _lookup(policy, name)
    return policy.tables[lookup.table].fields[lookup.smallest] if lookup else policy.claims.fields.get(name)


def title_of(policy: Policy, name: str) -> str:
    """What a fact is called in sentences."""
    lookup, field, join = _lookup(policy, name), field_of(policy, name), policy.joins.get(name.partition(".")[0])
    owner = f"{join.title}：" if join and join.title else ""
    return lookup.title if lookup else owner + field.plain_title if field else "结算日"


def _lookup(policy: Policy, name: str) -> Lookup | None:
    return next((lookup for lookup in policy.body.lookup if lookup.name == name), None)


def band_text(bands: Bands, number: int, unit: str) -> str:
    """The range of a band, counted from 0: '100元（含）至300元（不含）', '2025年4月11日（含）至…'; the last one has no end."""
    band = bands.step[number]
    following = bands.step[number + 1] if number + 1 < len(bands.step) else None
    upper = f"{_bound_text(following.lower, unit)}（{'含' if following.from_ is None else '不含'}）" if following else ""
    if band.lower is None:
        return f"{upper}以下" if upper else "不分档"
    lower = f"{_bound_text(band.lower, unit)}（含）" if band.from_ is not None else f"超过{_bound_text(band.lower, unit)}"
    return f"{lower}至{upper}" if upper else lower if band.from_ is None else f"{lower}以上"


def _bound_text(bound: Bound, unit: str) -> str:
    return date_text(bound) if isinstance(bound, dt.date) else f"{bound:,}{unit}"


def result_text(step: BandStep) -> str:
    """What a band gives, in words: 1,234元, 12%（最高1,234元）, or the code that refuses."""
    if step.code:
        return step.code
    cap = f"（最高{step.cap:,}元）" if step.cap is not None else ""
    return (f"{step.award:,}元" if step.award is not None else f"{step.rate}%") + cap


def status_text(status: Status) -> str:
    """A change of a clause's status in words, with the document that brought it."""
    word = {"in_force": "施行", "suspended": "暂停执行", "repealed": "废止"}[status.state]
    return f"自{date_text(status.from_)}起{word}（{status.document}）"


def printed_number(value: int, unit: str | None) -> str:
    """A stored number as people write it: fen as yuan with two decimals, areas and percentages without idle zeros."""
    if unit == "yuan":
        return yuan_text(value)
    if unit in ("m2", "pct"):
        return f"{value // 100:,}" + (f".{value % 100:02d}".rstrip("0") if value % 100 else "")
    return str(value)


def printed_figure(figure) -> str:
    """A figure as the policy writes it, with thousands separators."""
    if figure.unit == "date":
        return date_text(figure.value)
    value = Fraction(figure.value)
    return f"{int(value):,}" if value.denominator == 1 else str(figure.value)
