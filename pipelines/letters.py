"""Letters drawn from the record, shown whole or not at all: the drafts of a run, the issued ones of a month or of a review with their register.

Samples are drawn here, too; they are no part of any of these.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from claims import __version__
from claims.casefile import CaseFile, Supplement
from claims.database import Database
from claims.extract import letter_rows
from claims.files import make_folder, publish_folder, sha256_of, write_atomically
from claims.policy.model import Policy, find_policy, load_policy
from claims.record.circumstances import settings_of
from claims.record.journal import Entry
from claims.record.store import rows_sha256, with_own_texts
from claims.register import Registered, register_files
from claims.resources import template_dir
from claims.review.supplement import supplement_folder
from claims.settings import load_settings
from claims.workspace import Workspace
from pipelines.progress import Progress

if TYPE_CHECKING:
    from claims.letters import Drawn, LettersResult

LETTERS = "letters"
"""The kind of line that says which letters were drawn."""


def publish_letters(database: Database, workspace: Workspace, entry: Entry, actor: str, progress: Progress) -> int:
    """Draft the letters of a run unless they are there as they were drafted, and record it. Returns how many are held back."""
    from claims.trace import case_files

    final = folder_of_letters(workspace, entry)
    if not _are_whole(final):
        draw_letters(workspace, entry, final, lambda: case_files(database, workspace, entry), progress)
    record_letters(workspace, entry, actor, final)
    return _held_back(final)


def publish_issued(
    workspace: Workspace, policy: Policy, act: Entry, actor: str, folder: Path, subject: str, letters: Sequence[Registered],
    cases: Callable[[], Iterable[CaseFile | Supplement]], progress: Progress,
) -> list[str]:
    """Draw the letters that an act issued into FOLDER/letters unless they are there, record it, and write their register. Gives those that could not
    be drawn.

    `cases` are what the letters are made of, by their names; `subject` tells in the register whose letters they are.
    """
    final = folder / "letters"
    before = _manifest(final)
    if not _are_whole(final) or _held_back(final):
        make_folder(folder)
        draw_letters(workspace, act, final, cases, progress)
    record_letters(workspace, act, actor, final)
    for name, content in register_files(policy, subject, letters, final).items():
        _write_register(folder / name, content, fresh=_manifest(final) != before)
    return [letter.letter_id for letter in letters if not (final / f"{letter.letter_id}.pdf").exists()]


def blank_to_fill(policy: Policy, papers: str = "the letters have", before: str = "they go out") -> list[str]:
    """What is to be done to papers of a policy before they go out: as a line, where the contact that they name has no telephone."""
    # imported here: what draws letters is wanted only where they are drawn
    from claims.letters.wording import names_telephone

    if names_telephone(policy.body.letter.contact):
        return []
    return [f"Fill in before {before}: {papers} a blank for the telephone (联系电话). Later ones have yours from [letters.text] contact in claims.toml"]


def record_letters(workspace: Workspace, event: Entry, actor: str, folder: Path) -> None:
    """Record by digest the letters that a folder holds, which follow from an event, unless the latest line of that folder says the same.

    The manifest in the vault has the SHA-256 of every file; so a letter can be told from another without drawing it again.
    """
    manifest = _manifest(folder)
    place = folder.relative_to(workspace.root).as_posix()
    before = letters_recorded(workspace.journal.entries()).get(place)
    rows = letter_rows(manifest)
    kept = {"sha256": workspace.vault.put_bytes(manifest), "rows": len(rows), "rows_sha256": rows_sha256(rows.values())}
    if before is None or before.body["results"]["manifest"] != kept:
        of_event = {name: event.body[name] for name in ("policy", "configuration_sha256", "calendar_version", "calendar_sha256")}
        workspace.record(LETTERS, actor, of_event | {
            "program_version": __version__, "of": event.sequence, "folder": place, "inputs": [], "results": {"manifest": kept}})


def manifest_files(workspace: Workspace, line: Entry) -> dict[str, str]:
    """The SHA-256 of every file of the letters that a line of the journal tells of, the manifest too, by its name in their folder."""
    sha256 = line.body["results"]["manifest"]["sha256"]
    manifest = json.loads(workspace.vault.read(sha256))
    return {"manifest.json": sha256} | {name: file["sha256"] for name, file in manifest["files"].items()}


def letters_recorded(entries: Iterable[Entry]) -> dict[str, Entry]:
    """The latest line of each folder of letters."""
    return {entry.body["folder"]: entry for entry in entries if entry.kind == LETTERS}


def folder_of_letters(workspace: Workspace, event: Entry) -> Path:
    """Where the letters lie that follow from an event: a run, a review, an approval, a step of an adjustment."""
    if event.kind == "run":
        return workspace.out / event.body["label"] / "letters"
    if event.kind == "review":
        return supplement_folder(workspace, event.sequence) / "letters"
    policy = event.body["policy"]["id"]
    if event.kind == "approve":
        return workspace.months / event.body["month"] / policy / "letters"
    return workspace.adjustments / policy / f"{event.body['claim_id']}-{event.body['number']}"


def are_issued(folder: Path) -> bool:
    """Whether FOLDER/letters holds every letter as it was drawn, none held back, with the register beside them."""
    final = folder / "letters"
    return _are_whole(final) and not _held_back(final) and all((folder / name).exists() for name in ("register.xlsx", "register.csv"))


def preview_letter(root: Path, kind: str, policy_name: str | None, into: Path | None) -> str:
    """Write a sample of a kind of letter, with invented data under the configuration of a workspace, which need not exist. Nothing is recorded."""
    from claims.letters.look import made_look
    from claims.letters.rendering import compile_letters
    from claims.letters.samples import DATED, sample_letter
    from claims.letters.word import word_copy

    workspace = Workspace(root)
    settings = load_settings(workspace.settings)
    policy = with_own_texts(load_policy(find_policy(policy_name or settings.nightly.policy)), settings.letters)
    look = made_look(settings.letters, root / settings.letters.font_folder)
    letter = sample_letter(kind, policy, settings, template_dir() / "letters")
    path = into or Path(f"sample-{kind}.pdf")
    files = {path: compile_letters([letter], DATED, template_dir(), look).content}
    if look.word_copies:
        files[path.with_suffix(".docx")] = word_copy(letter, look)
    for place, content in files.items():
        write_atomically(place, content)
    return "\n".join(f"Sample: {place.resolve()}" for place in files)


def _manifest(folder: Path) -> bytes | None:
    """What tells which letters were drawn, and of which bytes; None where none were."""
    path = folder / "manifest.json"
    return path.read_bytes() if path.exists() else None


def _write_register(path: Path, content: bytes, fresh: bool) -> None:
    """People write into the register: what stands there stays, and is kept beside it where other letters were drawn."""
    if path.exists():
        if not fresh or path.read_bytes() == content:
            return
        path.replace(path.with_stem(f"{path.stem}-earlier"))
    write_atomically(path, content)


def draw_letters(
    workspace: Workspace, event: Entry, final: Path, cases: Callable[[], Iterable[CaseFile | Supplement]], progress: Progress,
) -> LettersResult:
    """Draw the letters of some cases under the settings of the event that they follow from, and put them in place of what the folder held, of which
    those are taken over that are as they were drawn before.

    Raises ClockSetBack before anything is drawn: `record_letters` could not record it.
    """
    # imported here: typst and the fonts are wanted only where letters are drawn
    from claims.letters import render_letters
    from claims.letters.look import look_of

    workspace.journal.check_clock()
    scratch = workspace.fresh_scratch("letters")
    with progress.stage("letters"):
        look = look_of(workspace, settings_of(workspace, event))
        result = render_letters(cases(), scratch, on_progress=lambda done: progress.count("letters", done), look=look, drawn=_drawn_before(workspace, event, final))
        shutil.rmtree(final, ignore_errors=True)
        publish_folder(scratch, final)
    return result


def _drawn_before(workspace: Workspace, event: Entry, folder: Path) -> Drawn:
    """The files of a folder that are as this version of the program drew them for an event, and recorded it."""
    from claims.letters import Drawn, LetterFile

    line = letters_recorded(workspace.journal.entries()).get(folder.relative_to(workspace.root).as_posix())
    if line is None or (line.body["of"], line.body["program_version"]) != (event.sequence, __version__):
        return Drawn(folder, {})
    recorded = json.loads(workspace.vault.read(line.body["results"]["manifest"]["sha256"]))["files"]
    files = {name: LetterFile(name, file["sha256"], file.get("pages")) for name, file in recorded.items() if "lines" not in file}
    return Drawn(folder, {name: file for name, file in files.items() if _holds(folder / name, file.sha256)})


def _holds(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256


def _held_back(folder: Path) -> int:
    """How many letters could not be drawn."""
    return json.loads((folder / "manifest.json").read_bytes())["counts"]["held"]


def _are_whole(folder: Path) -> bool:
    """Whether every letter that the manifest lists is there as it was drawn."""
    try:
        files = json.loads((folder / "manifest.json").read_bytes())["files"]
        return all(_holds(folder / name, file["sha256"]) for name, file in files.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False
