"""The command that makes the edge cases of a policy, for the bureau to go through and sign."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from claims.cases.file import CASES_FILE, Cases, cases_toml, read_cases, same_content, with_signature
from claims.cases.making import differences, make_cases
from claims.cases.page import cases_page
from claims.database import scratch_database
from claims.errors import ClaimsError, InputRefused, UsageError
from claims.files import write_atomically
from claims.policy.check import Finding, check_policy
from claims.policy.model import SHIPPED, Policy, find_policy, load_policy


def write_cases(name: str | None, page_path: Path | None) -> str:
    """Make the cases of a policy and write them into its folder, and a page where one is asked for. Returns the text for the terminal.

    Of a policy that is shipped, named by its id, the cases that are shipped are shown on a page and nothing else is written.
    """
    folder = find_policy(name)
    if page_path and not page_path.parent.is_dir():
        raise UsageError(f"{page_path.parent}: there is no such folder")
    policy = load_policy(folder)
    findings = check_policy(policy)
    if findings:
        raise ClaimsError("\n".join([*map(str, findings), f"{folder}: {len(findings)} findings; cases are made of a policy that the check accepts"]))
    if _is_shipped(name):
        return _show_shipped(policy, page_path or Path(f"cases-{policy.id}.html"))
    cases, note = _made(policy)
    write_atomically(folder / CASES_FILE, cases_toml(cases).encode())
    written = [f"Written: {folder.resolve() / CASES_FILE}", *note]
    if page_path:
        write_atomically(page_path, cases_page(policy, cases))
        written.append(f"Page: {page_path.resolve()}")
    return "\n".join([*_counted(cases), *written])


def _is_shipped(name: str | None) -> bool:
    """Whether a policy is named by its id, and not by its folder."""
    return find_policy(name).parent == SHIPPED


def _made(policy: Policy) -> tuple[Cases, list[str]]:
    """Fresh cases, signed as those on file where these hold the same; and what became of the signature."""
    with scratch_database() as database:
        made = make_cases(database, policy)
    before = _readable(policy)
    if before is None or not before.signed:
        return made, []
    if same_content(made, before):
        return with_signature(made, before), [f"Nothing has changed: the signature of {before.signed_by} stays."]
    return made, [f"The cases are not those that {before.signed_by} signed on {before.signed_on}: the signature is dropped, they are to be signed anew."]


def _readable(policy: Policy) -> Cases | None:
    """The cases on file; none where they cannot be read, for they are made anew."""
    try:
        return read_cases(policy.source)
    except InputRefused:
        return None


def _show_shipped(policy: Policy, page_path: Path) -> str:
    cases = read_cases(policy.source)
    if cases is None:
        raise ClaimsError(f"{policy.source}: it is shipped without {CASES_FILE}")
    write_atomically(page_path, cases_page(policy, cases))
    return "\n".join([*_counted(cases), f"Page: {page_path.resolve()}"])


def _counted(cases: Cases) -> list[str]:
    """How many bounds and claims each clause has, and what no case shows."""
    bounds, claims = Counter(), Counter()
    for rule in cases.rule:
        bounds[rule.clause] += len(rule.bound)
        claims[rule.clause] += 1 + sum(len(bound.case) for bound in rule.bound)
    lines = [f"{clause}: {bounds[clause]} bounds, {claims[clause]} claims" for clause in claims]
    lines.append(f"{cases.policy}: {sum(bounds.values())} bounds, {cases.count} claims; {len(cases.unturned)} comparisons that no case shows")
    return lines + [f"  not shown: {line}" for line in cases.unturned]


def case_findings(policy: Policy) -> list[Finding]:
    """What the cases in a policy's folder have otherwise than the policy; nothing where it has none. The policy must be sound."""
    try:
        cases = read_cases(policy.source)
    except InputRefused as refused:
        return [Finding(CASES_FILE, "the file", f"{problem}: make it anew (claims policy cases PATH)") for problem in refused.problems]
    if cases is None:
        return []
    with scratch_database() as database:
        return differences(database, policy, cases)
