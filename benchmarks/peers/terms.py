"""The small part of the policy that every peer can express, its terms taken from the policy's folder.

Asked are the clauses 1.1, 1.2, 1.3 (relocation: by the band of the capital, or flat) and 2.1, 2.2, 2.3 (offices: so much for a square metre, or a
share of the rent), claim by claim, each with the institution that it names:

- refused, and so zero: another sector (E01), another level (E02), opened before the policy (E03), below the first band (E05), rent with no day in the
  months of benefit (E09), not newly set up (E12);
- the band's award, the flat award, or price × area; of rent the part of its days that lie in the months of benefit, rounded half up to the fen, times
  the rate, rounded half up to the fen.

Left out is what needs other claims, other tables, a calendar or a person: once only (E06), the ceilings (R01, R02), the deadline on working days (E04),
the clauses 1.4, 1.5, 2.4 and 3, who bears an award, every V code, fates of lines, and the trace. The program does all that in the seconds it is
measured by.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from claims.policy.model import Clause, Policy, find_policy, load_policy

ASKED = ("1.1", "1.2", "1.3", "2.1", "2.2", "2.3")
REFUSED_BY = ("E01", "E02", "E03", "E05", "E09", "E12")


def write_terms(policy: Policy, path: Path) -> None:
    """As JSON: `effective_from`, `benefit_months`, and of each clause `sectors`, `levels`, `origins` (null: any), then `bands` of capital as pairs of
    lower bound and award in yuan, or `flat_yuan`, or `price_yuan` and `rent_pct`."""
    terms = {
        "effective_from": policy.head.effective_from.isoformat(),
        "benefit_months": policy.body.figure["benefit_months"].value,
        "clauses": {clause: _terms_of(policy, policy.clauses[clause]) for clause in ASKED},
    }
    path.write_text(json.dumps(terms, indent=1), encoding="utf-8")


def _terms_of(policy: Policy, clause: Clause) -> dict:
    terms = {what: _allowed(policy, clause, code) for what, code in (("sectors", "E01"), ("levels", "E02"), ("origins", "E12"))}
    if clause.bands:
        return terms | {"bands": [[step.from_, step.award] for step in clause.bands[0].step]}
    figures = {name: figure.value for name, figure in clause.figure.items()}
    if "flat_award" in figures:
        return terms | {"flat_yuan": figures["flat_award"]}
    return terms | {"price_yuan": figures["price"], "rent_pct": figures["rent_rate"]}


def _allowed(policy: Policy, clause: Clause, code: str) -> list[str] | None:
    """The choices that a clause does not refuse by a code; None where it refuses nothing by it."""
    for refusal in clause.refuse:
        if refusal.code == code:
            one, name = re.fullmatch(r"[\w.]+ (?:== '(\w+)'|in (\w+))", refusal.unless).groups()
            return [one] if one else policy.body.set[name]
    return None


def main() -> None:
    write_terms(load_policy(find_policy(None)), Path(sys.argv[1]))


if __name__ == "__main__":
    main()
