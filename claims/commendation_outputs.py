"""What a commendation shows: ranking.csv, ranking.html, the letters and manifest.json, made from the ranking that the vault keeps."""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
from pathlib import Path

from claims.commendation import Ranked, read_ranking, score_text, why
from claims.files import publish_folder, sha256_of
from claims.letters import render_named
from claims.letters.commending import commendation_letters
from claims.letters.look import look_of
from claims.record.circumstances import settings_of
from claims.outputs import is_whole
from claims.pages import page
from claims.policy.model import Policy
from claims.policy.show import places_text
from claims.quoting import inert
from claims.record.journal import Entry
from claims.record.store import policy_of
from claims.resources import template_dir
from claims.workspace import Workspace


def publish_commendation(workspace: Workspace, entry: Entry) -> Path:
    """Show a year's commendation in its folder, in place of what an earlier list of the year showed; nothing is written where it stands whole."""
    final = workspace.commendations / str(entry.body["year"])
    if not _shows(final, entry):
        partial = workspace.fresh_scratch(f"commendation-{entry.sequence}")
        _write(workspace, entry, partial)
        shutil.rmtree(final, ignore_errors=True)
        publish_folder(partial, final)
    return final


def letters_held(folder: Path) -> int:
    """How many letters of a folder could not be drawn."""
    return json.loads((folder / "manifest.json").read_bytes())["letters_held"]


def _shows(folder: Path, entry: Entry) -> bool:
    """Whether every file of a folder is there as it was written, and written from this list."""
    return is_whole(folder) and json.loads((folder / "manifest.json").read_bytes()).get("made_from") == _made_from(entry)


def _made_from(entry: Entry) -> dict:
    body = entry.body
    return {
        "policy": {"id": body["policy"]["id"], "sha256": body["policy"]["sha256"]}, "ranking_sha256": body["results"]["ranking"]["sha256"],
        "inputs": [{key: item[key] for key in ("file", "sha256", "lines")} for item in body["inputs"]],
    }


def _write(workspace: Workspace, entry: Entry, folder: Path) -> None:
    """Write the files of a list into an empty folder. The same record gives the same bytes."""
    policy, year = policy_of(workspace, entry), entry.body["year"]
    ranking = read_ranking(workspace.vault.read(entry.body["results"]["ranking"]["sha256"]))
    _write_table(policy, ranking, folder / "ranking.csv")
    (folder / "ranking.html").write_bytes(_page(policy, entry, ranking))
    (folder / "letters").mkdir()
    letters = commendation_letters(policy, year, ranking, template_dir() / "letters")
    held = render_named(letters, dt.date(year, 12, 31), folder / "letters", look_of(workspace, settings_of(workspace, entry)))
    written = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = {
        "year": year, "made_from": _made_from(entry), "letters_held": len(held),
        "outputs": [{"file": path.relative_to(folder).as_posix(), "sha256": sha256_of(path)} for path in written],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8", newline="")


def _write_table(policy: Policy, ranking: list[Ranked], path: Path) -> None:
    commendation = policy.body.commendation
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["rank", commendation.ranked, "name", "score", "commended", "priority", "why"])
        for ranked in ranking:
            writer.writerow([
                ranked.rank, ranked.party, inert(ranked.party_name), score_text(ranked.score), _yes(ranked.commended), _yes(ranked.prioritised),
                inert(why(commendation, ranked)),
            ])


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _page(policy: Policy, entry: Entry, ranking: list[Ranked]) -> bytes:
    commendation = policy.body.commendation
    lists = [
        ("拟表彰的", commendation.honour, places_text(commendation.honour), [ranked for ranked in ranking if ranked.commended]),
        ("", commendation.priority, places_text(commendation.priority), [ranked for ranked in ranking if ranked.prioritised]),
    ]
    return page(
        "ranking.html", policy=policy, commendation=commendation, year=entry.body["year"], lists=lists, ranking=ranking, inputs=entry.body["inputs"],
        readings=[policy.readings[name] for name in commendation.readings], score_text=score_text, why=why,
        parent_header=policy.score_tables[commendation.table].fields[commendation.parent].plain_title,
    )
