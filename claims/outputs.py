"""What a run shows: decisions.csv, exceptions.csv, line_fates.csv and manifest.json, written from the results that the vault keeps."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

from claims.database import Database
from claims.files import publish_folder, replace_files, sha256_of
from claims.gates import breached, read_gates
from claims.money import plain_yuan
from claims.pages import page
from claims.policy.model import Policy
from claims.record.journal import Entry
from claims.record.store import policy_of, result_source
from claims.workspace import Workspace

EXCEPTION_COLUMNS = "claim_id,{claimant},name,clause,code,field,raw_value,file,line,message_zh,message_en"
FATE_COLUMNS = "file,line,fate,claim_id,reason"


def publish_outputs(database: Database, workspace: Workspace, entry: Entry) -> Path:
    """Write the run's output folder, whole or not at all; files of it that were changed or removed since are written again."""
    final = workspace.out / entry.body["label"]
    publish_whole(workspace, final, f"out-{entry.sequence}", lambda folder: write_outputs(database, workspace, entry, folder))
    return final


def publish_whole(workspace: Workspace, final: Path, scratch: str, write: Callable[[Path], None]) -> None:
    """Write a folder that has a manifest, whole or not at all, unless it is there as it was written; what else stands in it stays."""
    if is_whole(final):
        return
    partial = workspace.fresh_scratch(scratch)
    write(partial)
    if final.exists():
        replace_files(partial, final)
    else:
        publish_folder(partial, final)


def is_whole(folder: Path) -> bool:
    """Whether a folder holds its manifest, and every file that the manifest lists as it was written."""
    try:
        outputs = json.loads((folder / "manifest.json").read_bytes())["outputs"]
        return all(sha256_of(folder / output["file"]) == output["sha256"] for output in outputs)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def write_outputs(database: Database, workspace: Workspace, entry: Entry, folder: Path) -> None:
    """Write the run's files into a folder. The same record gives the same bytes."""
    policy = policy_of(workspace, entry)
    claimant = policy.claims.with_role("claimant").name
    treasuries = policy.treasury_ids
    files = {
        "decisions.csv": ("decision", decision_columns(policy)),
        "exceptions.csv": ("exception", EXCEPTION_COLUMNS.format(claimant=claimant)),
        "line_fates.csv": ("line_fate", FATE_COLUMNS),
    }
    for name, (relation, header) in files.items():
        select = database.render(f"report/{name.replace('.', '_')}.sql", source=result_source(workspace, entry, relation), treasuries=treasuries)
        _write_lines(database, select, header, folder / name)
    rows = {name: entry.body["results"][relation]["rows"] for name, (relation, _) in files.items()}
    rows |= {name: entry.body["results"]["gates"]["rows"] for name in _write_gates(workspace, entry, policy, folder)}
    (folder / "manifest.json").write_bytes(_manifest(entry, policy, folder, rows))


def _write_gates(workspace: Workspace, entry: Entry, policy: Policy, folder: Path) -> tuple[str, ...]:
    """Write what the gates found, as data and as a page. Returns the names of both files."""
    data = workspace.vault.read(entry.body["results"]["gates"]["sha256"])
    gates = read_gates(data)
    (folder / "gates.json").write_bytes(data)
    (folder / "gates.html").write_bytes(page(
        "gates.html", label=entry.body["label"], as_of=dt.date.fromisoformat(entry.body["as_of"]), policy_title=policy.head.title,
        policy_document_no=policy.head.document_no, gates=gates, breached=list(breached(gates)),
    ))
    return "gates.json", "gates.html"


def decision_columns(policy: Policy) -> str:
    """The header of decisions.csv; the claimant's and the treasuries' columns are named after the policy's."""
    claimant = policy.claims.with_role("claimant").name
    shares = ",".join(f"{treasury}_yuan" for treasury in policy.treasury_ids)
    return f"claim_id,{claimant},clause,claim_year,outcome,award_yuan,{shares},payee_{claimant},reason_codes"


def _write_lines(database: Database, select: str, header: str, path: Path) -> None:
    lines = database.frame(select)
    with open(path, "wb") as file:
        file.write(header.encode() + b"\n")
        lines.write_csv(file, include_header=False, quote_style="never")


def _manifest(entry: Entry, policy: Policy, folder: Path, rows: dict[str, int]) -> bytes:
    body = entry.body
    counts = body["counts"]
    manifest = {
        "label": body["label"], "as_of": body["as_of"], "program_version": body["program_version"], "calendar_version": body["calendar_version"],
        "policy": {"id": body["policy"]["id"], "sha256": body["policy"]["sha256"],
                   "readings": {clause.id: clause.readings for clause in policy.body.clause if clause.id in body["counts"]["clauses_fen"]}},
        "configuration_sha256": body["configuration_sha256"], "accepted_gates": body["accepted_gates"],
        "inputs": [{key: item[key] for key in ("file", "sha256", "lines", "table")} for item in body["inputs"]],
        "outputs": [{"file": name, "sha256": sha256_of(folder / name), "rows": rows[name]} for name in sorted(rows)],
        "fates": counts["fates"], "outcomes": counts["outcomes"], "codes": counts["codes"],
        "control_totals": {
            "lines": sum(item["lines"] for item in body["inputs"]), "claims": sum(counts["outcomes"].values()),
            "award_yuan": plain_yuan(counts["awarded_fen"]),
            **{f"{treasury}_yuan": plain_yuan(amount) for treasury, amount in counts["treasuries_fen"].items()},
        },
    }
    return (json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
