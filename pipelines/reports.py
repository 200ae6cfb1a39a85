"""What the command line prints of a run: sums that add up, on the last lines."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from claims.casefile import date_text
from claims.money import yuan_text
from claims.record.circumstances import changed_text
from pipelines.run import Finished, Idle

OUTCOMES = ("approved", "reduced", "rejected", "exception")
FATES = ("loaded", "duplicate", "rejected", "ignored")


def run_summary(finished: Finished) -> str:
    """The closing lines of a run. Every line is a sum whose parts it names."""
    body = finished.entry.body
    counts = body["counts"]
    lines = [f"Not read: {name}" for name in finished.not_read]
    lines += [f"Note: {notice}" for notice in finished.notices]
    lines += [f"Warning: {doubt}" for doubt in finished.doubts]
    lines += [f"Warning: gate {breach}" for breach in finished.breaches]
    lines += filter(None, [finished.head_note and f"Warning: {finished.head_note}", changed_text(finished.entry)])
    lines += [
        f"Run {body['label']} as of {body['as_of']}" + (" was finished before; nothing changed" if finished.repeated else " is complete"),
        f"Results: {finished.folder.resolve()}",
        _sum("Lines in", counts["fates"], FATES),
        _sum("Claims", counts["outcomes"], OUTCOMES),
        _money(counts),
    ]
    if finished.letters_held is not None:
        decided = sum(counts["outcomes"].get(outcome, 0) for outcome in OUTCOMES[:3])
        lines.append(f"Letters: {decided} = {decided - finished.letters_held} drafted + {finished.letters_held} held back")
    lines.append(f"Open exceptions: {finished.open_exceptions}")
    return "\n".join(lines)


def idle_text(idle: Idle, inbox: Path) -> str:
    """What is said when there was nothing to do."""
    lines = [f"Not read: {name}" for name in idle.not_read]
    return "\n".join([*lines, f"Nothing to do: no new file in {inbox.resolve()}, and no held claim would fare otherwise"])


EXIT_CODES_ZH = {
    1: "意外中断。结果要么完整、要么没有；下次运行会自动补完本批", 2: "命令用法有误，未改动任何内容", 3: "输入或设置被拒绝，未改动任何内容",
    4: "工作区正被另一进程占用，未改动任何内容", 5: "工作区的记录校验不符，请勿继续运行，先从备份恢复",
}
"""What each exit code asks of the office."""


def failure_notice(workspace: Path, as_of: dt.date, exit_code: int, reason: str, log: Path | None) -> str:
    """The summary of a failed nightly run, in Chinese, for mail or message."""
    lines = [
        f"奖补资金夜间批处理失败（结算日期{date_text(as_of)}）", f"工作区：{workspace}", f"退出码{exit_code}：{EXIT_CODES_ZH[exit_code]}。",
        "收件箱（inbox）中的文件未作任何改动。", f"日志：{log.resolve() if log else '（尚未开始，无日志）'}", "", "程序给出的原因：", reason,
    ]
    return "\n".join(lines) + "\n"


def _sum(title: str, counts: dict[str, int], parts: tuple[str, ...]) -> str:
    return f"{title}: {sum(counts.values()):,} = " + " + ".join(f"{counts.get(part, 0):,} {part}" for part in parts)


def _money(counts: dict) -> str:
    shares = " + ".join(f"{yuan_text(amount)} {treasury}" for treasury, amount in counts["treasuries_fen"].items())
    return f"Awarded (yuan): {yuan_text(counts['awarded_fen'])} = {shares}"
