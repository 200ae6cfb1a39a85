"""What the record says of one claim, shown without what it says of others, and proved all the same.

Of each result relation the journal has the digest of its rows, taken together. An extract has every row of a relation, line by line: those of the claim
as they are, of each other one its digest only. From the lines the digest of all follows again; so what is shown is what was recorded, and no row of the
relation is left out. Whether a row that is told by its digest is another claim's, no digest says: see docs/reliability.md. A row is told as the array of its values, with those within it in their order: names take as long to digest as what is told. What the values are
stands once, on top.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from claims.database import Database
from claims.record.journal import Entry
from claims.record.store import digest_of_all, policy_of, recorded_source
from claims.workspace import Workspace

DIGEST = re.compile(r'"[0-9a-f]{64}"')
OF_NOBODY = ("received_file", "month", "approval", "step_name")
"""Relations that name no claimant: they are shown as a whole beside rows of the claim."""
LETTERS = "manifest"
"""The list of letters that were drawn; a row of it is the name of a file and its SHA-256."""
TELLING = {
    "decided": ("claimant", "payee"), "held": ("cell",), "cell": ("raw",), "issued_letter": ("document_no",), "payment": ("payment_id",),
}
"""What tells by which other names a claim is found: columns by the relation."""


@dataclass(frozen=True)
class Extract:
    """A result relation of an event. `columns` name the values of its rows; each line is a row as a JSON array, or the digest of what is not shown."""

    entry: Entry
    relation: str
    columns: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def shown(self) -> int:
        """How many rows are shown."""
        return len(self.shown_lines)

    @property
    def shown_lines(self) -> list[str]:
        """The lines that are no digests."""
        return [line for line in self.lines if not DIGEST.fullmatch(line)]

    @property
    def text(self) -> str:
        """The lines of its file: first the names of the columns."""
        return "".join(f"{line}\n" for line in (json.dumps(self.columns, ensure_ascii=False), *self.lines))

    @property
    def is_proved(self) -> bool:
        """Whether the lines are the rows that the journal tells of."""
        digests = (line[1:-1] if DIGEST.fullmatch(line) else hashlib.sha256(line.encode()).hexdigest() for line in self.lines)
        return digest_of_all(digests) == self.entry.body["results"][self.relation]["rows_sha256"]


def extracts_of(database: Database, workspace: Workspace, entries: Sequence[Entry], claim_id: str) -> Iterator[Extract]:
    """Every result relation in which something of a claim stands, oldest first; none where nothing is recorded of it.

    Shown are the claim's own rows with its letters and payments, decisions on its claimant, which limits count, and the rows of reference tables whose
    key its cells name.
    """
    own = _own_values(database, workspace, entries, claim_id)
    for entry in entries if own["cell"] else ():
        results = entry.body.get("results", {})
        relations = [relation for relation, result in results.items() if "rows_sha256" in result and relation != LETTERS]
        keys = _reference_keys(workspace, entry)
        found = [_extract(database, workspace, entry, relation, own, keys.get(relation)) for relation in relations]
        if any(extract.shown and extract.relation not in OF_NOBODY for extract in found):
            yield from (extract for extract in found if extract.shown)


def _own_values(database: Database, workspace: Workspace, entries: Sequence[Entry], claim_id: str) -> dict[str, set[str]]:
    """What a claim is found by: its id, claimant, letters and payments, and everything that its cells say."""
    own: dict[str, set[str]] = {"claim_id": {claim_id}, "claimant": set(), "document_no": set(), "payment_id": set(), "cell": set()}
    for entry in entries:
        for relation in TELLING.keys() & entry.body.get("results", {}).keys():
            select = f"select {', '.join(TELLING[relation])} from {recorded_source(workspace, entry, relation)} where claim_id = $claim_id"
            for row in database.rows(select, {"claim_id": claim_id}):
                for column, value in zip(TELLING[relation], row):
                    own[column if column in own else "cell"] |= set(filter(None, value.values() if isinstance(value, dict) else [value]))
    own["cell"] |= own["claimant"]
    return own


def _extract(
    database: Database, workspace: Workspace, entry: Entry, relation: str, own: dict[str, set[str]], key: str | None,
) -> Extract:
    """One relation; `key` is the column that tells whose a row of a reference table is."""
    source = recorded_source(workspace, entry, relation)
    columns = {name for name, *_ in database.rows(f"describe from {source}")}
    told_by = {name: sorted(own[name]) for name in ("claim_id", "document_no", "payment_id") if name in columns and own[name]}
    if relation == "decided" and own["claimant"]:
        told_by["claimant"] = sorted(own["claimant"])
    if key:
        told_by[key] = sorted(own["cell"])
    rows = database.rows(database.render("audit/shown_row.sql", source=source, told_by=told_by, whole=relation in OF_NOBODY))
    values = tuple(name for name, *_ in database.rows(f"describe select unnest(kept, recursive := true, keep_parent_names := true) from {source} as kept"))
    return Extract(entry, relation, values, tuple(shown or f'"{digest}"' for shown, digest in rows))


def letter_rows(manifest: bytes) -> dict[str, str]:
    """The row of each file of letters, by its name, from the list that was written when they were drawn."""
    return {name: json.dumps([name, file["sha256"]], ensure_ascii=False) for name, file in json.loads(manifest)["files"].items()}


def extract_of_letters(entry: Entry, manifest: bytes, shown: Collection[str]) -> Extract:
    """The letters that an event tells of: of those that are not shown only digests, since their names are other claims."""
    rows = letter_rows(manifest)
    return Extract(entry, LETTERS, ("file", "sha256"), tuple(row if name in shown else f'"{hashlib.sha256(row.encode()).hexdigest()}"' for name, row in rows.items()))


def _reference_keys(workspace: Workspace, entry: Entry) -> dict[str, str]:
    """The column that tells whose a row is, by the reference tables of a run."""
    tables = policy_of(workspace, entry).reference_tables if entry.kind == "run" else ()
    return {table.name: table.fields[table.key[0]].column for table in tables}
