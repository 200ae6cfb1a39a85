"""From the trace to words: the case file of a decided claim, made from the steps that the run recorded and the policy's own sentences.

No award is computed here. A sentence that asks for a value which the trace lacks is left empty, and holds the letter that needs it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from itertools import groupby, zip_longest

import msgspec

from claims.casefile import RULINGS, Band, CaseFile, Fact, LetterStyle, Limit, Payee, Reading, Reason, Ruling, Share, Step, date_text
from claims.database import Database
from claims.given_before import given_before
from claims.money import yuan_text
from claims.policy.compiler import FIRST, PLACEHOLDER, Cell, NameScope, asked_pool, given_pool, placeholders
from claims.policy.expression import compile_expression, dimension_of, names_in
from claims.policy.model import CHECKED_BY, Bands, BandStep, Bound, Code, Currency, Field, Policy, Status
from claims.privacy import masked_party, masked_text
from claims.record.journal import Entry
from claims.record.store import enter_policy, policy_of, result_source, step_source
from claims.workspace import Workspace

STEP_COLUMNS = ("claim_id", "kind", "name", "value", "value_text", "file", "line", "before_fen", "allowed", "used", "remaining",
                "otherwise_fen", "bound")
CASES_AT_ONCE = 2_000
"""Of how many claims the steps are held at a time: those of very many would take more memory than anything else."""
REFUSED = "不予支持"
UNIT_WORDS = {"m2": "平方米", "pct": "%", "point": "分", "day": "天", "month": "个月", "year": "年"}
"""What is printed behind a number; sums are in the policy's currency, and counts have a word of their own."""


def case_files(
    database: Database, workspace: Workspace, entry: Entry, claim_id: str | None = None, particulars_of: int | None = None, issued_by: int | None = None,
) -> Iterator[CaseFile]:
    """The case files of a run's decided claims, by claim_id; of one claim when it is named.

    Names and accounts are those that stood at the run, or at a later sequence where `particulars_of` gives one; letters of other claims are known that
    were issued by then, or by the event `issued_by`.
    """
    policy = policy_of(workspace, entry)
    enter_policy(database, policy)
    decided, *others = told_by(database, workspace, entry)
    before = given_before(database, policy, entry, decided, issued_by or entry.sequence)
    for case in cases_in(database, policy, entry, decided, *others, particulars_of or entry.sequence, claim_id):
        yield replace(case, given_before=before[case.claim_id]) if case.claim_id in before else case


def told_by(database: Database, workspace: Workspace, entry: Entry) -> tuple[str, str, str]:
    """The SQL sources of what a run recorded of its decided claims: themselves, their steps, and what was ruled on them."""
    return (result_source(workspace, entry, "decided"), step_source(database, workspace, entry), result_source(workspace, entry, "standing_ruling"))


def cases_in(
    database: Database, policy: Policy, entry: Entry, decided: str, step: str, ruling: str, particulars_of: int, claim_id: str | None = None,
) -> Iterator[CaseFile]:
    """The case files of claims from the relations that hold them, their steps and what was ruled on them, with the particulars known by an event
    of the journal.

    `entry` is the run that decided them under this policy, which must have been entered.
    """
    claims = database.render(
        "report/decided_claim.sql", source=decided, run=particulars_of, payment=policy.body.payment,
        key=policy.tables[policy.body.payment.table].key[0], treasuries=policy.treasury_ids, claim_id=claim_id,
    )
    rulings = _rulings_by_claim(database, policy, ruling)
    narrators: dict[str, Narrator] = {}
    for part in database.frame(claims).iter_slices(CASES_AT_ONCE):
        steps = steps_by_claim(database, step, (part["claim_id"][0], part["claim_id"][-1]))
        for row in part.iter_rows(named=True):
            of_claim = rulings.get(row["claim_id"], ())
            if row["rule"] is None:
                yield closed_case_file(policy, entry, row, steps.get(row["claim_id"], []), of_claim)
            else:
                narrator = narrators.setdefault(row["rule"], Narrator(policy, row["rule"], _day(entry)))
                yield narrator.case_file(row, steps[row["claim_id"]], entry, of_claim)


def steps_by_claim(database: Database, source: str, between: tuple[str, str] | None = None) -> dict[str, list[dict]]:
    """The steps of each claim of a relation with the columns of the trace, or of those from one claim to another, in their order."""
    where = "where claim_id between $first and $last" if between else ""
    rows = database.rows(f"select {', '.join(STEP_COLUMNS)} from {source} {where} order by claim_id, ordinal",
                         dict(zip(("first", "last"), between)) if between else None)
    named = (dict(zip(STEP_COLUMNS, row)) for row in rows)
    return {key: list(group) for key, group in groupby(named, key=lambda step: step["claim_id"])}


def _rulings_by_claim(database: Database, policy: Policy, source: str) -> dict[str, tuple[Ruling, ...]]:
    """What reviewers had ruled on each claim when it was decided, by code."""
    rows = database.rows(f"select claim_id, code, action, reason, person, ruled_on, answer_by from {source} order by claim_id, code")
    return {
        claim_id: tuple(Ruling(code, policy.codes[code].title, *rest) for _, code, *rest in group)
        for claim_id, group in groupby(rows, key=lambda row: row[0])
    }


def closed_case_file(policy: Policy, entry: Entry, row: dict, steps: list[dict], rulings: tuple[Ruling, ...]) -> CaseFile:
    """The case file of a claim that people closed: nothing of it was computed, its cells are told as they were received."""
    code, clause, fields = policy.codes[row["reason_codes"]], policy.clauses.get(row["clause"]), policy.claims.fields
    raw = {step["name"]: step["value_text"] for step in steps}
    claimant = masked_party(row["claimant"] or raw.get(policy.claims.with_role("claimant").name, ""))
    return CaseFile(
        claim_id=row["claim_id"], claimant_id=claimant, claimant_name=row["claimant_name"] or unnamed_claimant(row["claim_id"], claimant),
        clause=clause.id if clause else raw.get(policy.claims.with_role("clause").name, ""), clause_title=clause.title if clause else "",
        article=clause.article if clause else "", claim_year=row["claim_year"], submitted_on=row["submitted_on"], outcome=row["outcome"],
        computed_fen=0, award_fen=row["award_fen"],
        facts=tuple(
            Fact(step["name"], fields[step["name"]].header, cell_in_words(fields[step["name"]], step["value_text"]), step["file"], step["line"]) for step in steps),
        bands=(), steps=(), limits=(), reasons=(Reason(code.id, _closing_text(policy, code, rulings), code.article or ""),), readings=(), shares=(),
        payee=None, policy_title=policy.head.title, policy_document_no=policy.head.document_no, decided_on=_day(entry), label=entry.body["label"],
        style=letter_style(policy), currency_word=policy.head.currency.word, currency_name=policy.head.currency.name, rulings=rulings, is_closed=True, withdrawn=code is policy.detected("withdrawn"),
    )


def unnamed_claimant(claim_id: str, claimant: str) -> str:
    """How a claimant is addressed that is not in the tables."""
    return f"代码为{claimant}的申报人" if claimant else f"申报编号为{claim_id}的申报人"


def _closing_text(policy: Policy, code: Code, rulings: tuple[Ruling, ...]) -> str:
    """Why people closed a claim: the reviewer's words, or what was asked for until which day. The office speaks; who ruled stands among the rulings."""
    if code is policy.detected("withdrawn"):
        last = max((ruling for ruling in rulings if ruling.action == "return"), key=lambda ruling: ruling.answer_by)
        return f"{code.message_zh}：{date_text(last.ruled_on)}退回补正，补正期限为{date_text(last.answer_by)}，至本次结算未收到补正后的申报"
    return f"{code.message_zh}：" + "；".join(_refusal_text(ruling) for ruling in rulings if ruling.action in ("refuse", "withdraw"))


def _refusal_text(ruling: Ruling) -> str:
    if ruling.action == "refuse":
        return f"{ruling.title}——{ruling.reason}"
    return f"{ruling.title}——{RULINGS['withdraw']}（{date_text(ruling.ruled_on)}；理由：{ruling.reason}）"


def letter_style(policy: Policy) -> LetterStyle:
    """The sender's side of the policy's letters."""
    return LetterStyle(**msgspec.structs.asdict(policy.body.letter))


def _day(entry: Entry) -> dt.date:
    return dt.date.fromisoformat(entry.body["as_of"])


class Narrator:
    """Writes the case files of the claims that one rule settled."""

    def __init__(self, policy: Policy, rule: str, as_of: dt.date):
        self.policy, self.as_of = policy, as_of
        self.clause, self.way = policy.parts_of_rule(rule)
        self.scope = NameScope(policy, self.clause)
        self.funding = policy.fundings[self.clause.funding]
        self.currency = policy.head.currency

    def told(self, row: dict, steps: list[dict]) -> tuple[tuple[Reason, ...], tuple[Step, ...], tuple[str, ...]]:
        """Of a decided claim the reasons, the computing steps, and what follows from its award, alone: what a claim that nobody made has of a case
        file."""
        values = self._values(steps)
        computed = tuple(self._steps(row, steps, values))
        return tuple(self._reasons(row, steps, values)), computed, tuple(self._follows(row, computed))

    def _follows(self, row: dict, steps: tuple[Step, ...]) -> Iterator[str]:
        """Who of several treasuries bears what, when which part is paid, and what is owed in return."""
        shares = [*self._shares(row)]
        yield from (f"{share.title}{self._sum(share.award_fen)}" for share in shares if len(shares) > 1)
        yield from (f"{step.title}：{step.text}" for step in steps if step.kind in ("instalment", "obligation"))

    def case_file(self, row: dict, steps: list[dict], entry: Entry, rulings: tuple[Ruling, ...]) -> CaseFile:
        """The case file of a claim that a run decided, with what reviewers ruled on it."""
        values = self._values(steps)
        head = self.policy.head
        return CaseFile(
            claim_id=row["claim_id"], claimant_id=masked_party(row["claimant"]), claimant_name=_name(row["claimant_name"]),
            clause=self.clause.id, clause_title=self.clause.title, article=self.clause.article, claim_year=row["claim_year"], submitted_on=row["submitted_on"],
            outcome=row["outcome"], computed_fen=row["computed_fen"], award_fen=row["award_fen"],
            facts=tuple(self._facts(steps)), bands=tuple(self._bands(steps)), steps=tuple(self._steps(row, steps, values)),
            limits=tuple(self._limits(row, steps)), reasons=tuple(self._reasons(row, steps, values)),
            readings=tuple(self._readings()), shares=tuple(self._shares(row)), payee=self._payee(row),
            policy_title=head.title, policy_document_no=head.document_no, decided_on=self.as_of, label=entry.body["label"],
            style=letter_style(self.policy), currency_word=self.currency.word, currency_name=self.currency.name,
            waivers=tuple(self._waivers(row, rulings)), rulings=rulings,
        )

    def _values(self, steps: list[dict]) -> dict[str, str | None]:
        """What sentences print, by name."""
        return {step["name"]: self._printed(step) for step in steps if step["kind"] in ("fact", "value")}

    # ------------------------------------------------ parts of the case file

    def _facts(self, steps: list[dict]) -> Iterator[Fact]:
        for step in steps:
            printed = self._printed(step)
            if step["kind"] == "fact" and printed is not None:
                title, text = title_of(self.policy, step["name"]), printed + self._unit_word(step["name"])
                yield Fact(step["name"], title, text, step["file"], step["line"])

    def _bands(self, steps: list[dict]) -> Iterator[Band]:
        """The bands at work on the claim, the one that the trace names marked."""
        applied = {step["name"]: step["value"] for step in steps if step["kind"] == "band"}
        for bands in (bands for bands in self.clause.bands if bands.band_name in applied):
            what, unit = self._measured(bands.of)
            for number, band in enumerate(bands.step):
                result = REFUSED if band.code else result_text(band, self.currency)
                yield Band(what + band_text(bands, number, unit), result, applied[bands.band_name] == number + 1, band.code)
            if bands.code:
                yield Band("低于最低一档", REFUSED, applied[bands.band_name] == 0, bands.code)

    def _measured(self, text: str) -> tuple[str, str]:
        """What stands before and behind the numbers of a band: a count without a word, such as an ordinal, is called by its title instead."""
        if names_in(text) != [text]:
            return "", self.currency.word if compile_expression(text, self.scope).dimension == dimension_of("yuan") else ""
        word, let = self._unit_word(text), self.scope.let(text)
        bare = not word and self._definition(text)[1] == "count"
        return (let.title if let else title_of(self.policy, text)) if bare else "", word

    def _steps(self, row: dict, steps: list[dict], values: dict[str, str | None]) -> Iterator[Step]:
        tellers = {"value": self._value_step, "computed": self._computed_step, "carried": self._carried_step, "cumulative": self._cumulative_step,
                   "once": self._once_step, "ceiling": self._ceiling_step, "highest": self._highest_step}
        for step in steps:
            known = step["value"] is not None or step["value_text"] is not None
            if step["kind"] in tellers and known and not self._is_cap(step["name"]) and step["name"] not in self._told_aside:
                yield tellers[step["kind"]](step, values)
        if row["award_fen"] > 0:
            yield Step("share", self.funding.id, "资金分担", self._said(self.funding.says, values), "", self.funding.article, False, None)
        for step in steps:
            if step["kind"] == "instalment":
                yield self._instalment_step(step)
            elif step["kind"] == "obligation":
                yield self._obligation_step(step, values)

    def _instalment_step(self, step: dict) -> Step:
        result, due = self._sum(step["value"]), date_text(dt.date.fromisoformat(step["value_text"]))
        return Step("instalment", step["name"], f"第{step['name']}期拨付", f"不迟于{due}拨付{result}", result, self.clause.article, False, None)

    def _obligation_step(self, step: dict, values: dict) -> Step:
        obligation = next(obligation for obligation in self.clause.obligation if obligation.id == step["name"])
        repay, until = yuan_text(step["value"]), date_text(dt.date.fromisoformat(step["value_text"]))
        text = self._said(obligation.says, {**values, "until": until, "value": repay})
        return Step("obligation", obligation.id, obligation.title, text, f"违反的退回{repay}{self.currency.word}", obligation.article, False, None)

    @cached_property
    def _told_aside(self) -> set[str]:
        """What nothing but the sentence of a reduction tells: what the whole would have come to is no step to the amount."""
        told = {name for reduction in self.way.reduce for name in placeholders(reduction.says or "")}
        lets, amount = [*self.policy.body.let, *self.clause.let], self.way.amount
        used = {name for text in (amount.value, *(let.value for let in lets), *(reduction.when for reduction in self.way.reduce)) for name in names_in(text)}
        return {name for name in told - used - {*placeholders(amount.says)} if self.scope.let(name)}

    def _is_cap(self, name: str) -> bool:
        """The cap of a band is told in the sentence of the amount that it limits."""
        return any(bands.cap == name for bands in self.clause.bands)

    def _value_step(self, step: dict, values: dict) -> Step:
        if asked_pool(step["name"]):
            return self._asked_step(step["name"], values)
        source = self.scope.let(step["name"]) or self.scope.bands(step["name"])
        result = values[step["name"]]
        text = self._said(source.says, {**values, "value": result})
        return Step("derive", step["name"], source.title, text, result + self._unit_word(step["name"]),
                    getattr(source, "article", None) or self.clause.article, False, None)

    def _asked_step(self, name: str, values: dict) -> Step:
        pool, result = self.policy.pools[asked_pool(name)], values[name] + self._unit_word(name)
        text = f"{pool.title}{'首次核定的年度为' if name.startswith(FIRST) else '已核定'}{result}"
        return Step("derive", name, pool.title, text, result, self.clause.article, False, None)

    def _computed_step(self, step: dict, values: dict) -> Step:
        result = yuan_text(step["value"])
        text = self._said(self.way.amount.says, {**values, "value": result})
        return Step("computed", self.way.id, "计算金额", text, result + self.currency.word, self.clause.article, False, None)

    def _carried_step(self, step: dict, values: dict) -> Step:
        result = self._sum(step["value"])
        return Step("carried", "carried", "以前年度结转", f"以前年度超过限额、可结转至本年度的{result}，在限额内一并核定", result, self.clause.article, False, None)

    def _cumulative_step(self, step: dict, values: dict) -> Step:
        return self._limit_step("entitlement", "扣除此前已核定", self.clause.cumulative.says, self.clause.article, step, values)

    def _once_step(self, step: dict, values: dict) -> Step:
        pool = self.policy.pools[self.clause.once.pool]
        text = f"{pool.title}此前已给予{self._sum(step['used'])}" if step["bound"] else f"{pool.title}此前未曾给予"
        return Step("once", pool.id, "是否已享受", text, "不再给予" if step["bound"] else "可以给予", self.clause.article, step["bound"], None)

    def _ceiling_step(self, step: dict, values: dict) -> Step:
        ceiling = self.policy.ceilings[step["name"]]
        code = self.policy.codes[ceiling.code]
        unit = self.policy.pools[ceiling.pool].unit
        return self._limit_step("ceiling", ceiling.title, ceiling.says, code.article or self.clause.article, step, values, unit)

    def _highest_step(self, step: dict, values: dict) -> Step:
        highest = self.clause.highest
        return self._limit_step("highest", "只享受最高一项", highest.says, self.policy.codes[highest.code].article or self.clause.article, step, values)

    def _limit_step(self, kind: str, title: str, says: str, article: str, step: dict, values: dict, unit: str = "yuan") -> Step:
        counted = {"limit": step["allowed"], "used": step["used"], "left": step["remaining"]}
        printed = {name: printed_number(amount, unit) for name, amount in counted.items() if amount is not None}
        printed |= {"before": yuan_text(step["before_fen"]), "value": yuan_text(step["value"])}
        without = f"如无此项限额，可给予{self._sum(step['otherwise_fen'])}" if kind in ("ceiling", "highest") and step["bound"] else None
        return Step(kind, step["name"], title, self._said(says, {**values, **printed}), printed["value"] + self.currency.word, article, step["bound"], without)

    def _limits(self, row: dict, steps: list[dict]) -> Iterator[Limit]:
        tellers = {"once": self._once_limit, "cumulative": self._cumulative_limit, "ceiling": self._ceiling_limit,
                   "highest": self._highest_limit}
        entitled = next((step["before_fen"] for step in steps if step["kind"] == "highest"), row["award_fen"])
        due = next((step["value"] for step in steps if step["kind"] == "cumulative"), row["computed_fen"])
        for step in steps:
            if step["kind"] in tellers:
                yield tellers[step["kind"]](step, {**row, "entitled_fen": entitled, "of_carried_fen": max(0, entitled - due)})

    def _once_limit(self, step: dict, row: dict) -> Limit:
        pool = self.policy.pools[self.clause.once.pool]
        may = {True: "可以给予", False: "不再给予"}
        return Limit(pool.title, "只给予一次", self._sum(step["used"]), may[not step["bound"]],
                     may[not step["bound"] and row["award_fen"] == 0], step["bound"])

    def _cumulative_limit(self, step: dict, row: dict) -> Limit:
        pool = self.policy.pools[self.clause.cumulative.pool]
        amounts = (step["before_fen"], step["used"], step["value"], step["value"] - row["award_fen"])
        return Limit(pool.title, *map(self._sum, amounts), step["bound"])

    def _highest_limit(self, step: dict, row: dict) -> Limit:
        pool = self.policy.pools[self.clause.highest.among]
        amounts = (step["before_fen"], step["used"], step["value"], 0)
        return Limit(f"只享受最高一项（{pool.title}）", *map(self._sum, amounts), step["bound"])

    def _ceiling_limit(self, step: dict, row: dict) -> Limit:
        ceiling = self.policy.ceilings[step["name"]]
        pool = self.policy.pools[ceiling.pool]
        computed = row["computed_fen"] + (row["of_carried_fen"] if ceiling.carry_years else 0)
        sums = {"awards": row["award_fen"], "entitled": row["entitled_fen"], "computed": computed if row["award_fen"] else 0}
        taken = sums.get(pool.counts, 1 if row["award_fen"] or pool.counts == "decided" else 0)
        numbers = (step["allowed"], step["used"], step["remaining"], max(0, step["remaining"] - taken))
        return Limit(ceiling.title, *(printed_number(number, pool.unit) + (pool.unit_word or self.currency.word) for number in numbers), step["bound"])

    def _reasons(self, row: dict, steps: list[dict], values: dict[str, str | None]) -> Iterator[Reason]:
        for code in self._codes(row):
            if code.kind != "waiver":
                yield Reason(code.id, self._why(code, steps, values), code.article or self.clause.article)

    def _waivers(self, row: dict, rulings: tuple[Ruling, ...]) -> Iterator[Reason]:
        """What a reviewer let pass, and why; who it was stands among the rulings."""
        for code in self._codes(row):
            for ruling in rulings:
                if code.kind == "waiver" and ruling.action == "waive":
                    text = f"{ruling.title}，{code.message_zh}（{date_text(ruling.ruled_on)}；理由：{ruling.reason}）"
                    yield Reason(code.id, text, code.article or self.clause.article)

    def _codes(self, row: dict) -> list[Code]:
        return [self.policy.codes[code] for code in filter(None, row["reason_codes"].split(";"))]

    def _why(self, code: Code, steps: list[dict], values: dict[str, str | None]) -> str:
        """The sentence of the refusal or reduction itself where it has one and the claim has its values, or what the code says in general, with the
        bound that was not reached."""
        told = [*self.policy.body.refuse, *self.clause.refuse, *self.way.refuse, *self.way.reduce]
        if code.detect == "not_in_force":
            return "；".join([code.message_zh, *map(status_text, self.policy.status_of(self.clause))])
        sentence = next((one.says for one in told if one.code == code.id and one.says), None)
        return self._said(sentence or "", values) or "：".join([code.message_zh, *self._not_reached(code, steps)])

    def _not_reached(self, code: Code, steps: list[dict]) -> Iterator[str]:
        """Of bands that refuse with the code, what the claim has and where the lowest one begins, where the claim lies below it."""
        below = {step["name"] for step in steps if step["kind"] == "band" and step["value"] == 0}
        for bands in (bands for bands in self.clause.bands if bands.code == code.id and bands.band_name in below):
            has = [fact.title + fact.text for fact in self._facts(steps) if fact.name == bands.of]
            yield "，".join([*has, f"最低一档为{lowest_text(bands, self._measured(bands.of)[1])}"])

    def _readings(self) -> Iterator[Reading]:
        for reading in (self.policy.readings[name] for name in self.clause.readings):
            yield Reading(reading.id, reading.question, reading.answer, reading.why)

    def _shares(self, row: dict) -> Iterator[Share]:
        borne = {share.treasury for share in self.funding.share}
        places = row.get("treasury_places", ())  # an invented case of a policy's edges lies in no place
        for treasury, place in zip_longest(self.policy.treasury_ids, places, fillvalue=""):
            if treasury in borne and row["award_fen"] > 0:
                yield Share(treasury, self.policy.treasury_title(treasury, place), row[f"{treasury}_fen"])

    def _payee(self, row: dict) -> Payee | None:
        return Payee(masked_party(row["payee"]), _name(row["payee_name"]), row["bank"], row["account"]) if row["payee"] else None

    # ------------------------------------------------ words for values

    def _said(self, sentence: str, values: dict[str, str | None]) -> str:
        words = {name: self._word(name, values) for name in placeholders(sentence)}
        return PLACEHOLDER.sub(lambda match: words[match.group(1)], sentence) if None not in words.values() else ""

    def _word(self, name: str, values: dict[str, str | None]) -> str | None:
        if name == "as_of":
            return date_text(self.as_of)
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
        return shown_cell(field, field.choices.get(step["value_text"], step["value_text"])) if field else step["value_text"]

    def _definition(self, name: str) -> tuple[Field | None, str | None]:
        """The field or the unit that a name of the trace stands for."""
        let, bands = self.scope.let(name), self.scope.bands(name)
        if name.startswith(FIRST):
            return None, "year"
        if given_pool(name):
            return None, self.policy.pools[given_pool(name)].unit
        if let or bands:
            return None, let.unit if let else bands.unit if name == bands.name else "yuan"
        field, lookup = field_of(self.policy, name), self.policy.lookups.get(name)
        return field, field.unit if field else "count" if lookup else "date"

    def _unit_word(self, name: str) -> str:
        field, unit = self._definition(name)
        if given_pool(name):
            return self.policy.pools[given_pool(name)].unit_word or self.currency.word
        if unit == "count":
            counted = self.scope.let(name) or field  # a count of rows has neither
            return counted.count_word if counted else ""
        return unit_word(unit, self.currency)

    def _sum(self, fen: int) -> str:
        return yuan_text(fen) + self.currency.word


def shown_cell(field: Field, text: str) -> str:
    """The text of a field's cell without a whole identity number."""
    return masked_party(text) if field.type in CHECKED_BY else masked_text(text)


def cell_in_words(field: Field, text: str) -> str:
    """The same for letters: a choice by its word, whatever code stood in the cell."""
    return field.choices.get(text) or shown_cell(field, text)


def _name(name: str | None) -> str | None:
    return name and masked_text(name)


def field_of(policy: Policy, name: str) -> Field | None:
    """The field that a fact's name stands for; None for a number of rows, and for a fact of the run."""
    prefix, _, rest = name.partition(".")
    if rest:
        return policy.tables[policy.joins[prefix].table].fields[rest]
    lookup = policy.lookups.get(name)
    if lookup:
        return policy.tables[lookup.table].fields[lookup.field] if lookup.field else None
    return policy.claims.fields.get(name)


def choice_text(policy: Policy, name: str, value: str) -> str:
    """A stored value of a fact as people write it: the word of a choice, any other text as it is."""
    field = field_of(policy, name)
    return field.choices.get(value, value) if field else value


def title_of(policy: Policy, name: str) -> str:
    """What a fact is called in sentences."""
    lookup, field, join = policy.lookups.get(name), field_of(policy, name), policy.joins.get(name.partition(".")[0])
    owner = f"{join.title}：" if join and join.title else ""
    return lookup.title if lookup else owner + field.plain_title if field else "结算日"


def cell_title(policy: Policy, cell: Cell) -> str:
    """What a cell, or a value that no cell holds, is called in sentences."""
    if cell.field is None:
        return cell.header
    return title_of(policy, f"{cell.join}.{cell.field}" if cell.join else cell.field)


def band_text(bands: Bands, number: int, unit: str) -> str:
    """The range of a band, counted from 0: '100元（含）至300元（不含）', '2025年4月11日（含）至…'; the last one has no end."""
    band = bands.step[number]
    following = bands.step[number + 1] if number + 1 < len(bands.step) else None
    upper = f"{_bound_text(following.lower, unit)}（{'含' if following.from_ is None else '不含'}）" if following else ""
    if band.lower is None:
        before = "以前" if isinstance(following and following.lower, dt.date) else "以下"
        return f"{upper}{before}" if upper else "不分档"
    lower = _lower_text(band, unit)
    return f"{lower}至{upper}" if upper else lower if band.from_ is None else f"{lower}以上"


def lowest_text(bands: Bands, unit: str) -> str:
    """Where the first of several bands with a lower bound begins: '100元（含）以上', '超过100元'."""
    return _lower_text(bands.step[0], unit) + ("以上" if bands.step[0].from_ is not None else "")


def _lower_text(band: BandStep, unit: str) -> str:
    return f"{_bound_text(band.lower, unit)}（含）" if band.from_ is not None else f"超过{_bound_text(band.lower, unit)}"


def _bound_text(bound: Bound, unit: str) -> str:
    return date_text(bound) if isinstance(bound, dt.date) else f"{bound:,}{unit}"


def result_text(step: BandStep, currency: Currency) -> str:
    """What a band gives, in words: 1,234元, 12%（最高1,234元）, 每一单位1,234元, or the code that refuses."""
    if step.code:
        return step.code
    cap = f"（最高{step.cap:,}{currency.word}）" if step.cap is not None else ""
    if step.each is not None:
        return f"每一单位{step.each:,}{currency.word}"
    return (f"{step.award:,}{currency.word}" if step.award is not None else f"{step.rate}%") + cap


def unit_word(unit: str | None, currency: Currency) -> str:
    """What is printed behind a number in a unit; nothing behind a count, a plain number or a day."""
    return {"yuan": currency.word, "yuan/m2": f"{currency.word}/平方米"}.get(unit or "") or UNIT_WORDS.get(unit or "", "")


def status_text(status: Status) -> str:
    """A change of a clause's status in words, with the document that brought it."""
    word = {"in_force": "施行", "suspended": "暂停执行", "repealed": "废止", "expired": "有效期届满"}[status.state]
    return f"自{date_text(status.from_)}起{word}（{status.document}）"


def printed_number(value: int, unit: str | None) -> str:
    """A stored number as people write it: fen as yuan with two decimals; areas, percentages, scores and plain numbers without idle zeros."""
    if unit in ("yuan", "yuan/m2"):
        return yuan_text(value)
    if unit == "number":
        return f"{'-' if value < 0 else ''}{abs(value) // 10**6:,}" + (f".{abs(value) % 10**6:06d}".rstrip("0") if value % 10**6 else "")
    if unit in ("m2", "pct", "point"):
        return f"{value // 100:,}" + (f".{value % 100:02d}".rstrip("0") if value % 100 else "")
    return str(value)


def printed_figure(figure) -> str:
    """A figure as the policy writes it, with thousands separators, which years go without."""
    if figure.unit == "date":
        return date_text(figure.value)
    if figure.unit == "year":
        return str(figure.value)
    value = Fraction(figure.value)
    return f"{int(value):,}" if value.denominator == 1 else str(figure.value)
