"""Whether all is in place that a workspace needs: what is installed, fonts, disk, rights, settings, and the workspace itself.

Each area is looked at by itself, so that one finding hides no other, and nothing is changed: no lock is taken, no file is written.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import pwd
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from claims.database import connect_to_read
from claims.errors import ClaimsError, InputRefused, RecordBroken
from claims.letters.glyphs import undrawable
from claims.letters.look import Look, made_look
from claims.letters.rendering import font_files, tried_out
from claims.letters.wording import names_telephone
from claims.policy.model import Policy, find_policy, load_policy
from claims.record.journal import Entry, os_account
from claims.record.store import policy_of, require_events_of, with_own_texts
from claims.resources import locked_versions, template_dir
from claims.settings import Settings, load_settings
from claims.unfinished import unfinished_acts
from claims.workdays import calendar_of
from claims.workspace import Workspace

PROGRAM = "incentive-claims"
PYTHON = (3, 11)
FREE_BYTES = 1 << 30
"""What a run of a hundred thousand claims may write beside what there is already, letters included."""
STORE_COPIES = 2
"""A store that is made anew or tried over stands beside the old one."""
RESTORE = "stop, restore the workspace from its backup, and find out who changed the file that is named"
SHOWN = 3
"""How many of several like things a finding names."""


@dataclass(frozen=True)
class Finding:
    """What is not as it should be, and how to mend it. One that does not hinder is work left to do: the program runs without it."""

    found: str
    mend: str
    hinders: bool = True


@dataclass(frozen=True)
class Area:
    """What was looked at: what there is, in a few words, and what was found. `broken` tells that the record does not verify."""

    name: str
    there_is: str
    findings: tuple[Finding, ...]
    broken: bool = False


def examine(workspace: Workspace, today: dt.date) -> list[Area]:
    """All areas, in the order in which they build on each other."""
    place = _Place(workspace)
    return [_environment(), _fonts(place), _disk(workspace), _permissions(workspace), _configuration(place, today), _workspace(place)]


@dataclass
class _Place:
    """A workspace as far as it can be read."""

    workspace: Workspace

    @cached_property
    def entries(self) -> list[Entry] | RecordBroken:
        """The record, where it is as it is known outside, too; that is not asked where the settings, which are a finding of their own, cannot be read."""
        try:
            return self.workspace.compared()
        except InputRefused:
            return self._by_itself()
        except RecordBroken as error:
            return error

    def _by_itself(self) -> list[Entry] | RecordBroken:
        try:
            return self.workspace.journal.entries()
        except RecordBroken as error:
            return error

    @cached_property
    def settings(self) -> Settings | InputRefused:
        try:
            return load_settings(self.workspace.settings)
        except InputRefused as error:
            return error

    @cached_property
    def used(self) -> dict[str, Policy | RecordBroken]:
        """The policies that runs were made under, by id, each as its latest run used it."""
        latest = {entry.body["policy"]["id"]: entry for entry in self.entries if entry.kind == "run"} if isinstance(self.entries, list) else {}
        return {policy_id: self._policy_of(entry) for policy_id, entry in latest.items()}

    def _policy_of(self, entry: Entry) -> Policy | RecordBroken:
        try:
            return policy_of(self.workspace, entry, None if isinstance(self.settings, InputRefused) else self.settings)
        except RecordBroken as error:
            return error

    @cached_property
    def policies(self) -> list[Policy]:
        """Those of the runs, and the one of the nights; what cannot be read is left out."""
        nightly = None if isinstance(self.settings, InputRefused) else _policy_named(self.settings.nightly.policy)
        if isinstance(nightly, Policy):
            nightly = with_own_texts(nightly, self.settings.letters)
        unused = [nightly] if isinstance(nightly, Policy) and nightly.id not in self.used else []
        return [*(policy for policy in self.used.values() if isinstance(policy, Policy)), *unused]


def _policy_named(name: str) -> Policy | InputRefused:
    try:
        return load_policy(find_policy(name))
    except InputRefused as error:
        return error


# ---------------------------------------------------------------- what is installed


def _environment() -> Area:
    installed = {_one_form(package.metadata["Name"]): package.version for package in importlib.metadata.distributions()}
    findings = [*_python_findings(sys.version_info[:2]), *_package_findings(locked_versions(), installed, _wanted())]
    return Area("environment", f"Python {'.'.join(map(str, sys.version_info[:3]))}, {len(installed)} packages", tuple(findings))


def _python_findings(version: tuple[int, int]) -> Iterator[Finding]:
    if version < PYTHON:
        yield Finding(f"Python {version[0]}.{version[1]} is too old", f"install Python {PYTHON[0]}.{PYTHON[1]} or newer, then: make clean install")


def _wanted() -> set[str]:
    """The packages that the program cannot do without."""
    lines = importlib.metadata.requires(PROGRAM) or []
    return {_one_form(re.match(r"[\w.-]+", line).group()) for line in lines if "extra ==" not in line}


def _one_form(name: str) -> str:
    """A package's name as the lock has it, however its author writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _package_findings(locked: dict[str, set[str]], installed: dict[str, str], wanted: set[str]) -> Iterator[Finding]:
    mend = "bring the environment to the versions of requirements.lock: make clean install"
    for name in sorted(wanted - installed.keys()):
        yield Finding(f"the package {name} is not installed", mend)
    others = [
        f"{name} {installed[name]} instead of {' or '.join(sorted(versions))}"
        for name, versions in locked.items() if name in installed and installed[name] not in versions
    ]
    if others:
        yield Finding(f"other versions than tested: {_few(others)}", mend)
    if not locked:
        yield Finding("the list of tested versions (requirements.lock) is not there", "install the program again from its own folder: make clean install")


# ---------------------------------------------------------------- fonts


def _fonts(place: _Place) -> Area:
    mend = "the installation is not whole: make clean install"
    files: tuple[Path, ...] = ()
    try:
        look = _look(place)
        files = font_files(template_dir(), look)
        texts = [*_printed_texts(place), "123"]
        findings = [Finding(f"the letter compiler says: {warning}", mend) for warning in tried_out(template_dir(), look)]
        findings += _glyph_findings(texts, files)
    except Exception as error:  # whatever the binding, a font or a template raises, letters cannot be drawn
        findings = [Finding(f"letters cannot be drawn: {error}", mend)]
    return Area("fonts", f"{len(files)} fonts, the letter compiler draws with them", tuple(findings))


def _look(place: _Place) -> Look:
    """The look that the workspace's settings ask for; that of the program where they cannot be read, which is a finding of its own."""
    settings = place.settings
    return Look() if isinstance(settings, InputRefused) else made_look(settings.letters, place.workspace.root / settings.letters.font_folder)


def _printed_texts(place: _Place) -> Iterator[str]:
    """What letters print besides amounts and cells: the words of the templates and of the policies, and the names that are registered."""
    yield from (path.read_text(encoding="utf-8") for path in sorted(template_dir().glob("*/*.j2")))
    for policy in place.policies:
        yield from (content.decode("utf-8-sig") for content in policy.files.values())
    yield from _registered_names(place)


def _registered_names(place: _Place) -> list[str]:
    """The names of all payees; none where the store cannot be read now."""
    if not place.workspace.database.exists() or place.workspace.holder():
        return []
    names = []
    try:
        with connect_to_read(place.workspace.database) as database:
            schemas = {name for (name,) in database.rows("select schema_name from information_schema.schemata")}
            for policy in place.policies:
                payment = policy.body.payment
                if policy.id in schemas:
                    key = policy.tables[payment.table].key[0]
                    names += database.rows(database.render("report/registered_name.sql", schema=policy.id, payment=payment, key=key))
    except ClaimsError:
        return []
    return [name for (name,) in names]


def _glyph_findings(texts: Iterable[str], files: tuple[Path, ...]) -> Iterator[Finding]:
    printed = {"".join(character for character in text if character.isprintable()): None for text in texts}
    for character in undrawable(printed, files):
        place = next(text for text in printed if character in text)
        at = place.index(character)
        yield Finding(
            f"no font has the character U+{ord(character):04X}, which stands in “…{place[max(0, at - 10): at + 10]}…”; letters with it are held back",
            "write it otherwise where it stands (a name: in the file that registers it)",
        )


# ---------------------------------------------------------------- disk


def _disk(workspace: Workspace) -> Area:
    store = workspace.database.stat().st_size if workspace.database.exists() else 0
    there, need = _existing(workspace.root), FREE_BYTES + STORE_COPIES * store
    wanted = ((folder, need, shutil.disk_usage(folder).free) for folder, need in ((there, need), (Path(tempfile.gettempdir()), FREE_BYTES // 4)))
    findings = [
        Finding(f"{folder.resolve()}: {_gib(free)} free, {_gib(need)} are wanted", "make room on that disk, or move the workspace to a larger one")
        for folder, need, free in wanted if free < need
    ]
    return Area("disk", f"{_gib(shutil.disk_usage(there).free)} free at {there.resolve()}, {_gib(need)} wanted", tuple(findings))


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / (1 << 30):.1f} GiB"


def _existing(path: Path) -> Path:
    """The folder itself, or the nearest one above it that there is."""
    return path if path.is_dir() else _existing(path.absolute().parent)


# ---------------------------------------------------------------- rights


def _permissions(workspace: Workspace) -> Area:
    root = workspace.root
    account = os_account()
    if not root.is_dir():
        there = _existing(root)
        shut = [] if os.access(there, os.W_OK | os.X_OK) else [Finding(f"{there}: {account} may not write there", "choose another place, or have the rights given")]
        return Area("permissions", f"{root} is not there yet; {account} may make it", tuple(shut))
    own = [root, *sorted(path for path in root.iterdir() if path.name != "inbox")]
    kept = sorted(path for path in workspace.vault.root.rglob("*") if path.is_file()) if workspace.vault.root.is_dir() else []
    sent = sorted(workspace.inbox.rglob("*")) if workspace.inbox.is_dir() else []
    findings = [
        *_listed((path for path in own if not _may_write(path)), f"{account} may not write", f"give the workspace to one account: chown -R ACCOUNT {root}"),
        *_listed((path for path in (*kept, *sent) if not _may_read(path)), f"{account} may not read", f"let {account} read what is named, or give it to that account"),
        *_listed((path for path in own if path.stat().st_uid != root.stat().st_uid), "belongs to another account than the workspace",
                 f"chown -R {_owner(root)} {root}, and run every command from that account"),
        *_listed((path for path in _record(workspace) if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)), "others may change it", f"chmod -R go-w {root}"),
        *_listed((path for path in kept if path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)),
                 "a file of the record may be changed", f"chmod a-w on the files below {workspace.vault.root}"),
    ]
    return Area("permissions", f"{root.resolve()} belongs to {_owner(root)}, {account} may write", tuple(findings))


def _record(workspace: Workspace) -> list[Path]:
    """What nobody but the workspace's account may change, as far as it is there; the store and the documents are made anew from it."""
    return [path for path in (workspace.root, workspace.journal.path, workspace.vault.root, workspace.settings, workspace.calendar) if path.exists()]


def _may_write(path: Path) -> bool:
    return os.access(path, os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0))


def _may_read(path: Path) -> bool:
    return os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0))


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def _listed(paths: Iterable[Path], what: str, mend: str) -> Iterator[Finding]:
    found = [str(path) for path in paths]
    if found:
        yield Finding(f"{_few(found)}: {what}", mend)


def _few(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


# ---------------------------------------------------------------- settings, days off, letters


def _configuration(place: _Place, today: dt.date) -> Area:
    findings = [*_settings_findings(place.settings), *_calendar_findings(place.workspace.calendar, today)]
    for policy in place.policies:
        findings += _letter_findings(policy)
    return Area("configuration", f"policies: {', '.join(policy.id for policy in place.policies) or 'none'}", tuple(findings))


def _settings_findings(settings: Settings | InputRefused) -> Iterator[Finding]:
    if isinstance(settings, InputRefused):
        yield from (Finding(problem, "correct claims.toml; `claims settings` prints every setting with its default") for problem in settings.problems)
        return
    policy = _policy_named(settings.nightly.policy)
    if isinstance(policy, InputRefused):
        yield Finding(f"nightly.policy: {policy}", "name a shipped policy or the path of a policy folder in claims.toml")
    accounts = {entry.pw_name for entry in pwd.getpwall()}
    for actor in settings.actor:
        if actor.os_account not in accounts:
            yield Finding(f"[[actor]] {actor.name}: there is no account {actor.os_account} here", "correct os_account in claims.toml, or have the account made")
    if not settings.actor:
        yield Finding("nobody is listed who may act, so that names are not bound to accounts", "list the people under [[actor]] in claims.toml", hinders=False)
    if not settings.recovery.pay_to:
        yield Finding("recovery.pay_to is empty, so that letters that ask for money back say that the account is told on request",
                      "put name, bank and account under [recovery] in claims.toml", hinders=False)


def _calendar_findings(path: Path, today: dt.date) -> Iterator[Finding]:
    try:
        known = calendar_of(path).is_off
    except InputRefused as error:
        yield from (Finding(problem, "correct calendar.toml; docs/operations.md shows how it is written") for problem in error.problems)
        return
    for year, hinders in ((today.year, True), (today.year + 1, False)):
        if dt.date(year, 12, 31) not in known:
            yield Finding(f"the days off of {year} are not known", f"write {year} into {path} as it was announced, whole", hinders)


def _letter_findings(policy: Policy) -> Iterator[Finding]:
    """What the letters print of their sender; that no period of payment is promised is an answer, too."""
    letter, mend = policy.body.letter, "fill it in under [letters.text] in claims.toml"
    for name in letter.__struct_fields__:
        if name != "paid_within" and not getattr(letter, name).strip():
            yield Finding(f"{policy.id}: letter.{name} is empty", mend)
    if letter.contact.strip() and not names_telephone(letter.contact):
        yield Finding(f"{policy.id}: letter.contact “{letter.contact}” names no telephone number, so that letters and notices have a blank for one", mend, hinders=False)


# ---------------------------------------------------------------- the workspace


def _workspace(place: _Place) -> Area:
    workspace = place.workspace
    if not workspace.exists:
        return Area("workspace", f"{workspace.root} is not there yet; `claims run` or `claims demo` makes one", ())
    if isinstance(place.entries, RecordBroken):
        return Area("workspace", "the record does not verify", (Finding(str(place.entries), RESTORE),), broken=True)
    broken = [Finding(str(policy), RESTORE) for policy in place.used.values() if isinstance(policy, RecordBroken)]
    holder = workspace.holder()
    findings = [*broken, *_open_run_findings(workspace), *_unfinished_findings(workspace), *(_store_findings(workspace, place.entries) if not holder else ())]
    held = f"held by {holder}" if holder else "nobody holds it"
    return Area("workspace", f"events in the journal: {len(place.entries)}, {held}", tuple(findings), broken=bool(broken))


def _open_run_findings(workspace: Workspace) -> Iterator[Finding]:
    try:
        run = workspace.incomplete_run()
    except RecordBroken as error:
        yield Finding(str(error), "restore the file, or give the run up: claims abandon --reason TEXT")
        return
    if run:
        yield Finding(f"run {run.label} of {run.folder} was interrupted and is not complete", f"complete it: {run.same_command} --workspace {workspace.root}")


def _unfinished_findings(workspace: Workspace) -> Iterator[Finding]:
    for one in unfinished_acts(workspace):
        yield Finding(f"{one.act.kind}: {one.why}", f"{one.command} --workspace {workspace.root}", hinders=False)


def _store_findings(workspace: Workspace, entries: list[Entry]) -> Iterator[Finding]:
    """A store that is missing is made anew by the next command; one that cannot be read, or holds what the journal has not, stops it."""
    if not workspace.database.exists():
        return
    try:
        with connect_to_read(workspace.database) as database:
            require_events_of(database, workspace, entries)
    except RecordBroken as error:
        yield Finding(str(error), RESTORE)
    except ClaimsError as error:
        yield Finding(f"the working store cannot be read: {error}", f"make it anew from the record: claims rebuild --workspace {workspace.root}")
