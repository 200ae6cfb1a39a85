"""The commands of an audit: what belongs to a month, or to a claim, as one file, and the check of such a file on another machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from claims import __version__
from claims.audit import CLAIM, COVER, MONTH, extract_name, read_export, record_members, recorded_extracts, unpacked_workspace
from claims.audit_text import claim_cover, month_cover
from claims.bundle import Bundle, write_bundle
from claims.database import scratch_database
from claims.errors import UsageError, WorkspaceBusy
from claims.extract import LETTERS, Extract, extract_of_letters, extracts_of
from claims.record.journal import Entry, head_of
from claims.workspace import Workspace
from claims.way import way_text
from pipelines.explain import write_explanation
from pipelines.judged import DIFFERENT, EQUAL, Finding
from pipelines.letters import letters_recorded
from pipelines.progress import Progress
from pipelines.queries import existing, ways_of_claim
from pipelines.replay import SHOWN_MAX, Replayed, replay, title_of

WAY, EXPLANATION = "经过.txt", "核定说明.html"
DOCUMENTS = "documents/"


def export_month(root: Path, name: str, path: Path, progress: Progress) -> Replayed:
    """Write everything that computing a month again needs, with its outputs, into one file. Gives what computing it again found now.

    Raises WorkspaceBusy, and leaves no file, where somebody holds the workspace or other commands changed it meanwhile.
    """
    workspace = existing(root)
    _require_place(workspace, path)
    entries = workspace.journal.entries()
    with tempfile.TemporaryDirectory(prefix="claims-audit-") as scratch:
        replayed = replay(root, name, Path(scratch) / "again", progress)
    folders = [workspace.root / place for place in replayed.places]
    cover = month_cover(name, path.name, len(entries), head_of(entries), [title_of(event) for event in replayed.events], replayed.told(0))
    write_bundle(path, _about(MONTH, name, entries), record_members(workspace, entries, replayed.needed, folders) | {COVER: cover.encode()})
    try:
        workspace.require_still(entries)
    except WorkspaceBusy:
        path.unlink()
        raise
    return replayed


def export_claim(root: Path, claim_id: str, path: Path) -> str:
    """Write what is recorded of a claim into one file, with its documents; of other claims only digests. Gives what is said of it."""
    workspace = existing(root)
    _require_place(workspace, path)
    ways = ways_of_claim(root, f"claims audit export --claim {claim_id}", claim_id)
    entries = workspace.journal.entries()
    with scratch_database(workspace.vault.root) as database:
        extracts = [*extracts_of(database, workspace, entries, claim_id)]
    own_place = f"{workspace.root.resolve()}/"
    with tempfile.TemporaryDirectory(prefix="claims-audit-") as scratch:
        write_explanation(root, claim_id, page := Path(scratch) / EXPLANATION)
        explanation = page.read_text(encoding="utf-8").replace(own_place, DOCUMENTS)
    way = "\n\n".join(map(way_text, ways)).replace(own_place, DOCUMENTS)
    documents = {event.document for way in ways for event in way.events if event.document and event.document.is_file()}
    extracts += _letters(workspace, entries, documents)
    cover = claim_cover(claim_id, path.name, len(entries), head_of(entries), extracts)
    texts = {COVER: cover, WAY: f"{way}\n", EXPLANATION: explanation}
    rows = {extract_name(extract.entry, extract.relation): extract.text for extract in extracts}
    members = {f"{DOCUMENTS}{document.relative_to(workspace.root).as_posix()}": document for document in documents}
    members |= {name: text.encode() for name, text in (texts | rows).items()} | record_members(workspace, entries, (), ())
    write_bundle(path, _about(CLAIM, claim_id, entries), members)
    return f"申报{claim_id}：示出{sum(extract.shown for extract in extracts)}条记录，{len(documents)}份通知书"


def check_export(path: Path, progress: Progress) -> tuple[str, list[Finding]]:
    """Check an export by itself: its files, the chain of the journal, and of a month everything computed again, of a claim its rows.

    Gives what is said of it, and what was found.
    """
    bundle = read_export(path)
    about = bundle.about
    with tempfile.TemporaryDirectory(prefix="claims-audit-") as scratch:
        workspace = unpacked_workspace(bundle, Path(scratch) / "workspace")
        if about["kind"] == MONTH:
            replayed = replay(workspace.root, about["name"], Path(scratch) / "again", progress)
            said, findings = replayed.told(SHOWN_MAX), list(replayed.findings)
        else:
            extracts = [*recorded_extracts(bundle, workspace)]
            findings = [*map(_proved, extracts), *_left_out(workspace, about["name"], extracts), *_proved_documents(bundle, extracts)]
            said = "\n".join([f"申报{about['name']}：", *(finding.told() for finding in findings)])
    return "\n".join([
        f"{path.name}：包内{len(bundle.files)}个文件的SHA-256全部相符",
        f"日志：共{about['lines']}行，哈希链完整，最后一行的哈希值为{about['head']}", said,
    ]), findings


def _proved(extract: Extract) -> Finding:
    """Whether the rows of an extract are those that the journal tells of."""
    rows = extract.entry.body["results"][extract.relation]["rows"]
    name = f"日志第{extract.entry.sequence}行（{extract.entry.kind}）　{extract.relation}"
    if not extract.is_proved:
        return Finding(name, DIFFERENT, "示出的记录不是日志登记的记录")
    return Finding(name, EQUAL, f"示出{extract.shown}条，其余{rows - extract.shown}条只有哈希值，合计与登记一致")


def _left_out(workspace: Workspace, claim_id: str, extracts: Sequence[Extract]) -> Iterator[Finding]:
    """The lines of the journal that name the claim, of which an export does not show every row: all that they record is of the claim."""
    shown = {(extract.entry.sequence, extract.relation): extract.shown for extract in extracts}
    for entry in workspace.journal.entries():
        if entry.body.get("claim_id") == claim_id:
            counts = {relation: result["rows"] for relation, result in entry.body.get("results", {}).items() if "rows_sha256" in result}
            lacking = [relation for relation, rows in counts.items() if shown.get((entry.sequence, relation), 0) < rows]
            if lacking:
                yield Finding(f"日志第{entry.sequence}行（{entry.kind}）", DIFFERENT, f"这一行是本申报的，包内没有示出它的全部记录：{'、'.join(lacking)}")


def _proved_documents(bundle: Bundle, extracts: Sequence[Extract]) -> Iterator[Finding]:
    """Whether each document of an export is the letter of which the journal tells."""
    recorded = {
        f"{DOCUMENTS}{extract.entry.body['folder']}/{file}": (extract.entry, sha256)
        for extract in extracts if (extract.entry.kind, extract.relation) == ("letters", LETTERS) for file, sha256 in _files_of_letters(bundle, extract)
    }
    for name in sorted(name for name in bundle.files if name.startswith(DOCUMENTS)):
        entry, sha256 = recorded.get(name, (None, None))
        if sha256 == bundle.files[name]["sha256"]:
            yield Finding(name, EQUAL, f"SHA-256与日志第{entry.sequence}行登记的一致")
        else:
            yield Finding(name, DIFFERENT, "不是日志登记的通知书")


def _files_of_letters(bundle: Bundle, extract: Extract) -> list[tuple[str, str]]:
    with bundle.reading(extract_name(extract.entry, extract.relation)):
        return [msgspec.json.decode(line, type=tuple[str, str]) for line in extract.shown_lines]


def _letters(workspace: Workspace, entries: Sequence[Entry], documents: Iterable[Path]) -> Iterator[Extract]:
    """The letters of a claim as they were recorded when they were drawn last."""
    for place, line in letters_recorded(entries).items():
        names = {document.name for document in documents if document.parent == workspace.root / place}
        if names:
            yield extract_of_letters(line, workspace.vault.read(line.body["results"][LETTERS]["sha256"]), names)


def _about(kind: str, name: str, entries: list[Entry]) -> dict:
    return {"kind": kind, "name": name, "program_version": __version__, "lines": len(entries), "head": head_of(entries)}


def _require_place(workspace: Workspace, path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: there is no such folder")
    if path.resolve().is_relative_to(workspace.root.resolve()):
        raise UsageError(f"{path} lies in the workspace, in which nothing is changed: name a file outside with --into")
