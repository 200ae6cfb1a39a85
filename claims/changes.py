"""What differs between two case files of one claim: facts, steps and reasons, in words."""

from __future__ import annotations

from claims.casefile import CaseFile, Change, Fact

NONE = "（无）"
"""What stands for a fact or a step that only the other case file has."""


def changed_facts(before: CaseFile, after: CaseFile) -> tuple[Change, ...]:
    """The facts that differ, in their order. Of a claim that people closed only its cells are told, which are no facts."""
    if before.is_closed or after.is_closed:
        return ()
    facts = [{fact.name: fact for fact in case.facts} for case in (before, after)]
    changes = []
    for name in dict.fromkeys(name for one in facts for name in one):
        old, new = (one.get(name) for one in facts)
        if (old and old.text) != (new and new.text):
            changes.append(Change((new or old).title, *(fact.text if fact else NONE for fact in (old, new)), *map(_place, (old, new))))
    return tuple(changes)


def changed_steps(before: CaseFile, after: CaseFile) -> tuple[Change, ...]:
    """The steps whose text or result differs, in their order: values, the computed amount, and what each limit left of it. A claim that people
    closed has none."""
    if before.is_closed or after.is_closed:
        return ()
    steps = [{(step.kind, step.name): step for step in case.steps} for case in (before, after)]
    changes = []
    for key in dict.fromkeys(key for one in steps for key in one):
        old, new = (one.get(key) for one in steps)
        if (old and old.text) != (new and new.text):
            changes.append(Change((new or old).title, *(step.text if step else NONE for step in (old, new))))
        elif old.result != new.result:
            changes.append(Change(new.title, old.result, new.result))
    return tuple(changes)


def changed_reasons(before: CaseFile, after: CaseFile) -> tuple[Change, ...]:
    """The reasons of the outcome, where they differ: one change at most."""
    told = ["；".join(f"{reason.code} {reason.text}" for reason in case.reasons) or NONE for case in (before, after)]
    return (Change("理由", *told),) if told[0] != told[1] else ()


def _place(fact: Fact | None) -> str:
    return f"{fact.file} 第{fact.line}行" if fact and fact.file else ""
