"""Under what an event happened: program, policy, settings, calendar, each by version or SHA-256 with its bytes in the vault; and what of it changed.

A change of the policy, of its readings, of settings or calendar counts from the first event under it. It stands in that event's line, `changed`, so
that it can neither be lost nor stand alone: one element per thing that changed, from what to what, null where nothing was before; of a policy also
which of its files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from claims import __version__
from claims.policy.model import POLICY_FILES, Policy
from claims.record.journal import Entry
from claims.settings import Settings, recorded_settings
from claims.workdays import Calendar, read_calendar
from claims.workspace import Workspace

VERSIONS = {"program": "program_version", "settings": "configuration_sha256", "calendar": "calendar_version"}
"""What may change besides the policy, and the field of a line's body that tells it."""


def circumstances(workspace: Workspace, policy: Policy, settings: Settings, calendar: Calendar) -> dict[str, Any]:
    """What an event's line says of them; the bytes are in the vault when this returns."""
    vault = workspace.vault
    body = {
        "program_version": __version__, "configuration_sha256": vault.put_bytes(settings.recorded()), "calendar_version": calendar.version,
        "calendar_sha256": None if calendar.extension is None else vault.put_bytes(calendar.extension),
        "policy": {"id": policy.id, "sha256": policy.sha256, "files": {name: vault.put_bytes(policy.files[name]) for name in POLICY_FILES}},
    }
    for name, sha256 in settings.letters.font_files.items():
        vault.keep(sha256, workspace.root / settings.letters.font_folder / name)
    body["fonts"] = settings.letters.font_files
    return body | {"changed": [*_changes(workspace.journal.entries(), body)]}


def settings_of(workspace: Workspace, entry: Entry) -> Settings:
    """The settings that an event happened under."""
    return recorded_settings(workspace.vault.read(entry.body["configuration_sha256"]))


def calendar_then(workspace: Workspace, entry: Entry) -> Calendar:
    """The calendar of days off that an event happened under, as far as a workspace extends it; what it extends is this program's."""
    extension = entry.body["calendar_sha256"]
    return read_calendar(workspace.calendar, extension and workspace.vault.read(extension))


def changed_text(entry: Entry) -> str:
    """What changed with an event against those before it, in a line; '' where nothing did, or nothing was before."""
    told = [_change_text(change) for change in entry.body["changed"] if change["from"] is not None]
    return f"Changed since the last event: {', '.join(told)}" if told else ""


def _change_text(change: dict[str, Any]) -> str:
    if change["what"] == "policy":
        return f"policy {change['id']} ({', '.join(change['files'])})"
    return f"program {change['from']} to {change['to']}" if change["what"] == "program" else change["what"]


def _changes(entries: list[Entry], body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    told = [entry.body for entry in entries if "changed" in entry.body]
    before = told[-1] if told else {}
    for what, field in VERSIONS.items():
        if before.get(field) != body[field]:
            yield {"what": what, "from": before.get(field), "to": body[field]}
    policy = body["policy"]
    earlier = next((one["policy"] for one in reversed(told) if one["policy"]["id"] == policy["id"]), None)
    if earlier is None or earlier["sha256"] != policy["sha256"]:
        files = [name for name, sha256 in policy["files"].items() if earlier is None or earlier["files"].get(name) != sha256]
        yield {"what": "policy", "id": policy["id"], "from": earlier and earlier["sha256"], "to": policy["sha256"], "files": files}
