"""A peer's answers beside what the job decided: `python -m benchmarks.peers.checking WORKSPACE ANSWERS` prints JSON.

The job computes the same amounts in exact integers, before the limits that the peers leave out. Compared are the claims that it decided; claims that it
refused by nothing that the peers know, such as a deadline, are not.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.peers.terms import ASKED, REFUSED_BY
from claims.policy.model import DEFAULT_POLICY, find_policy, load_policy

EXPECTED = f"""
    select claim_id, case when list_has_any(codes, $refused_by) then 0 else computed_fen end as award_fen
    from (select *, string_split(reason_codes, ';') as codes from store."{DEFAULT_POLICY}".decided)
    where clause in (select unnest($asked)) and (list_has_any(codes, $refused_by) or not list_has_any(codes, $other_refusals))
"""


def wrong_answers(workspace: Path, file: Path) -> dict:
    """How many claims have an answer, if an empty one, how many of them are compared, of how many the answer is another one, and some of these."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"attach '{workspace / 'claims.duckdb'}' as store (read_only)")
    connection.execute(f"create view answer as from read_csv('{file}', header = true, columns = {{'claim_id': 'VARCHAR', 'award_fen': 'VARCHAR'}})")
    known = {"asked": list(ASKED), "refused_by": list(REFUSED_BY), "other_refusals": _other_refusals()}
    rows = connection.execute(
        f"select claim_id, expected.award_fen, answer.award_fen from ({EXPECTED}) expected left join answer using (claim_id) order by claim_id", known
    ).fetchall()
    wrong = [(claim, expected, answered) for claim, expected, answered in rows if answered != str(expected)]
    [answers] = connection.execute("select count(*) from answer").fetchone()
    return {"answers": answers, "compared": len(rows), "wrong": len(wrong), "examples": wrong[:3]}


def _other_refusals() -> list[str]:
    """The refusals of the policy that peers do not know; but for `nothing due`, which says what an amount came to."""
    policy = load_policy(find_policy(None))
    nothing_due = policy.detected("nothing_due").id
    return [code for code in policy.codes if policy.codes[code].kind == "refusal" and code not in (*REFUSED_BY, nothing_due)]


def main() -> None:
    print(json.dumps(wrong_answers(*map(Path, sys.argv[1:]))))


if __name__ == "__main__":
    main()
