"""zen-engine as its documentation has it: a decision graph (JDM) with a table for who is eligible, a switch, a table for the bands, and expressions; loaded
once and evaluated in batches, numbers given as numbers. See asked.py and terms.py.
"""

from __future__ import annotations

import csv
import json
import time
from itertools import pairwise
from pathlib import Path

import zen

from benchmarks.peers.asked import CLAIM_FIELDS, INSTITUTION_FIELDS, Asked, asked, tell

BATCH = 10_000
AMOUNTS = ("paid_in_capital_yuan", "floor_area_m2", "rent_paid_yuan")
CONDITIONS = ("clause", "sector", "level", "origin", "")
FIGURES = ("way", "flat_yuan", "price_yuan", "rent_pct")


# ---------------------------------------------------------------- the graph


def graph(terms: dict) -> str:
    """Eligibility, then by its way: bands, flat, or an office; what no row of the table fits is refused."""
    office = "way == 'office' and tenure =="
    branches = {
        "bands": ("way == 'bands'", _bands(terms)),
        "flat": ("way == 'flat'", _expressions(award_yuan="flat_yuan")),
        "purchase": (f"{office} 'purchase'", _expressions(award_yuan="round(price_yuan * floor_area_m2, 2)")),
        "rent": (f"{office} 'rent'", _rent(terms["benefit_months"])),
        "refused": ("way == 'refused'", _expressions(award_yuan="0")),
    }
    switch = {"hitPolicy": "first", "statements": [{"id": name, "condition": condition} for name, (condition, _) in branches.items()]}
    nodes = [
        _node("request", "inputNode", {}), _node("eligibility", "decisionTableNode", _eligibility(terms)), _node("switch", "switchNode", switch),
        *(_node(f"{name}-node", *node) for name, (_, node) in branches.items()), _node("response", "outputNode", {}),
    ]
    edges = [_edge(*pair) for pair in pairwise(["request", "eligibility", "switch"])]
    for name in branches:
        edges += [_edge("switch", f"{name}-node", name), _edge(f"{name}-node", "response")]
    return json.dumps({"nodes": nodes, "edges": edges})


def _node(name: str, kind: str, content: dict) -> dict:
    return {"id": name, "type": kind, "name": name, "position": {"x": 0, "y": 0}, "content": content}


def _edge(source: str, target: str, handle: str | None = None) -> dict:
    return {"id": f"{source}-{target}", "type": "edge", "sourceId": source, "targetId": target} | ({"sourceHandle": handle} if handle else {})


def _table(inputs: dict[str, str], outputs: tuple[str, ...], rules: list[list[str]]) -> dict:
    """A table of which the first row that fits counts; inputs are fields by the id of their column."""
    return {
        "hitPolicy": "first", "passThrough": True,
        "inputs": [{"id": column, "name": column, "type": "expression", "field": field} for column, field in inputs.items()],
        "outputs": [{"id": name, "name": name, "type": "expression", "field": name} for name in outputs],
        "rules": [{"_id": f"row-{number}"} | dict(zip([*inputs, *outputs], row)) for number, row in enumerate(rules)],
    }


def _eligibility(terms: dict) -> dict:
    rows = []
    for clause, of in terms["clauses"].items():
        way = "bands" if "bands" in of else "flat" if "flat_yuan" in of else "office"
        allowed = [", ".join(f"'{one}'" for one in of[name] or ()) for name in ("sectors", "levels", "origins")]
        figures = [str(of.get(name, "")) for name in FIGURES[1:]]
        rows.append([f"'{clause}'", *allowed, f"d(established_on) >= d('{terms['effective_from']}')", f"'{way}'", *figures])
    rows.append([""] * len(CONDITIONS) + ["'refused'", "", "", ""])
    return _table({f"if_{name or 'opened'}": name for name in CONDITIONS}, FIGURES, rows)


def _bands(terms: dict) -> tuple[str, dict]:
    [bands] = [of["bands"] for of in terms["clauses"].values() if "bands" in of]
    rows = [[f">= {lower}", str(award)] for lower, award in reversed(bands)] + [["", "0"]]
    return "decisionTableNode", _table({"if_capital": "paid_in_capital_yuan"}, ("award_yuan",), rows)


def _rent(months: int) -> tuple[str, dict]:
    return _expressions(
        ends=f"d(established_on).add({months}, 'month')",  # the first day without benefit
        to="d(rent_to).add(1, 'day')",
        first="d(rent_from).isAfter(d(established_on)) ? d(rent_from) : d(established_on)",
        last="$.to.isBefore($.ends) ? $.to : $.ends",
        days="max([$.last.diff($.first, 'day'), 0])",
        eligible_yuan="round(rent_paid_yuan * $.days / $.to.diff(d(rent_from), 'day'), 2)",
        award_yuan="round($.eligible_yuan * rent_pct / 100, 2)",
    )


def _expressions(**expressions: str) -> tuple[str, dict]:
    return "expressionNode", {"expressions": [{"id": name, "key": name, "value": value} for name, value in expressions.items()]}


# ---------------------------------------------------------------- the claims


def read(asked: Asked) -> list[dict]:
    """What each claim of the clauses asked is evaluated on; a number that cannot be read is left out."""
    institutions = {row["uscc"]: row for path in asked.institutions for row in _rows(path, INSTITUTION_FIELDS)}
    return [
        institutions.get(row["uscc"], {}) | row | {name: _number(row[name]) for name in AMOUNTS}
        for path in asked.claims for row in _rows(path, CLAIM_FIELDS) if row["clause"] in asked.terms["clauses"]
    ]


def _rows(path: Path, fields: tuple[str, ...]):
    with path.open(encoding="utf-8", newline="") as file:
        yield from ({name: row[name] for name in fields} for row in csv.DictReader(file))


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def award_fen(result: dict) -> int | None:
    """The answer of one evaluation; None where it failed or took no branch, since something that is needed cannot be read."""
    award_yuan = result["data"]["result"].get("award_yuan") if result["success"] else None
    return None if award_yuan is None else round(award_yuan * 100)


def main() -> None:
    given = asked()
    claims = read(given)
    content = zen.ZenDecisionContent(graph(given.terms))
    engine = zen.ZenEngine({"loader": lambda key: content})
    started, answers = time.perf_counter(), []
    for first in range(0, len(claims), BATCH):
        batch = claims[first:first + BATCH]
        results = engine.evaluate_batch([{"key": "award", "context": claim} for claim in batch])
        answers += [(claim["claim_id"], award_fen(result)) for claim, result in zip(batch, results)]
    seconds = time.perf_counter() - started
    with given.answers.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["claim_id", "award_fen"])
        writer.writerows(answers)
    tell(seconds, "zen-engine")


if __name__ == "__main__":
    main()
