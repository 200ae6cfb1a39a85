"""The command that lists what a policy's text leaves open, with what is at stake on a workspace's own claims."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from claims.changed_history import assess_under
from claims.database import Database, scratch_database
from claims.errors import UsageError
from claims.files import write_atomically
from claims.impact import AFTER, BEFORE, Impact, compare
from claims.money import yuan_text
from claims.pages import page
from claims.policy.check import load_sound_policy
from claims.policy.model import Alternative, Policy, Reading
from claims.replay import FactUnknown, History, assess_as_recorded
from pipelines.progress import Progress
from pipelines.whatif import changed_versions, history_of

Stakes = dict[str, str]
"""What each alternative would change, in words, by its id."""


def list_readings(path: str | None, root: Path | None, page_path: Path | None, policy_name: str | None = None) -> str:
    """The readings of a policy as text, and as a page where one is asked for; with stakes where there is a workspace.

    `policy_name` tells which of the workspace's policies is meant; at `path` lies a policy that is read instead of the one recorded.
    """
    if page_path and not page_path.parent.is_dir():
        raise UsageError(f"{page_path.parent}: there is no such folder")
    history = history_of(root, policy_name or path) if root else None
    policy = history.latest if history and not path else load_sound_policy(path or policy_name)
    stakes = stakes_of(history, policy) if history else _without_claims(policy)
    if page_path:
        write_atomically(page_path, page("readings.html", policy=policy, stakes=stakes, runs=len(history.entries) if history else 0))
        return f"Page: {page_path.resolve()}"
    told = ["\n".join(_reading_lines(reading, stakes)) for reading in policy.readings.values()]
    return "\n\n".join(told) or f"{policy.id}没有登记解读问题（readings.toml）"


def _reading_lines(reading: Reading, stakes: Stakes) -> Iterator[str]:
    yield f"{reading.id}　{reading.question}"
    yield f"  采用：{reading.answer}"
    yield f"  理由：{reading.why}"
    for alternative in reading.alternative:
        yield f"  另解：{alternative.answer}　[{alternative.id}]"
        if alternative.id in stakes:
            yield f"    {stakes[alternative.id]}"


# ---------------------------------------------------------------- what is at stake


def _without_claims(policy: Policy) -> Stakes:
    return {one.id: reason for one in policy.alternatives if (reason := _not_computed(one))}


def stakes_of(history: History, policy: Policy) -> Stakes:
    """What each alternative of a policy's readings would change on recorded claims. Raises NotReproduced."""
    progress = Progress()
    stakes = {}
    with scratch_database(history.workspace.vault.root) as database:
        assess_as_recorded(database, history, BEFORE)
        for alternative in policy.alternatives:
            with progress.stage(alternative.id):
                stakes[alternative.id] = _not_computed(alternative) or _stake(database, history, alternative)
    return stakes


def _not_computed(alternative: Alternative) -> str | None:
    if alternative.needs:
        return f"不能测算，缺少事实：{alternative.needs}"
    return f"不作测算：{alternative.beyond}" if alternative.beyond else None


def _stake(database: Database, history: History, alternative: Alternative) -> str:
    try:
        versions = changed_versions(history, alternative.changes)
        assess_under(database, history, versions, BEFORE, AFTER)
    except FactUnknown as unknown:
        return f"不能测算，部分申报缺少事实：{'、'.join(unknown.names)}"
    except UsageError:
        return "不能测算：这一另解不适用于此前批次所用的政策版本"
    policy = versions[history.latest.sha256].policy
    return stake_text(compare(database, policy), policy.head.currency.word)


def stake_text(impact: Impact, word: str) -> str:
    """'涉及金额：多100.00元，少0.00元；1件申报有变化', and what these sums do not tell."""
    told = f"涉及金额：多{yuan_text(impact.more_fen)}{word}，少{yuan_text(impact.less_fen)}{word}；{impact.claims:,}件申报有变化"
    return "；".join([told, *impact.beside(word)])
