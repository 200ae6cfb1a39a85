"""What a party was given before, where that is why it is given nothing now: by which claim and letter, or by the history from before this system."""

from __future__ import annotations

from collections import defaultdict

from claims.casefile import GivenBefore
from claims.database import Database
from claims.policy.compiler import awards_column, pool_key
from claims.policy.model import Policy
from claims.record.journal import Entry


def given_before(database: Database, policy: Policy, entry: Entry, source: str, issued_by: int) -> dict[str, tuple[GivenBefore, ...]]:
    """The awards that stood in the way of claims of a run, by claim; only those of the claimant itself, since others' are not told.

    `source` holds the decided claims of the run, whose policy must have been entered; letters are known as they were issued up to the event `issued_by`.
    """
    onces = defaultdict(list)
    for clause in policy.body.clause:
        if clause.once:
            onces[clause.once.pool].append((clause.id, clause.once.code))
    if not onces:
        return {}
    pools = [{"key_sql": pool_key(policy, policy.pools[pool]), "members": policy.members_of(pool), "onces": of} for pool, of in onces.items()]
    fields = [field for pool in onces for field in policy.pool_fields(policy.pools[pool])]
    fields += [policy.claims.with_role(role) for role in ("claimant", "clause", "claim_year")]
    columns = {field.column: awards_column(policy, field) for field in fields}
    rows = database.rows(database.render(
        "report/given_before.sql", source=source, run=entry.sequence, issued_by=issued_by, awards=policy.awards, pools=pools, columns=[*columns.items()]))
    found = defaultdict(list)
    for claim_id, given_id, clause, year, award_fen, document_no, issued_on in rows:
        found[claim_id].append(GivenBefore(policy.clauses[clause].title, policy.clauses[clause].article, year, award_fen, given_id, document_no, issued_on))
    return {claim_id: tuple(given) for claim_id, given in found.items()}
