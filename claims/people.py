"""Who acts: names, and the accounts of the operating system that may use them.

Without people in the settings a name is taken as it is given, and two names are two people; the account is recorded beside it. With people
listed, a name works only from its own account, and two people are two accounts.
"""

from __future__ import annotations

import unicodedata

from claims.errors import UsageError
from claims.quoting import quoted
from claims.record.journal import Entry, os_account
from claims.settings import Settings


def acting_person(settings: Settings, name: str | None) -> str:
    """Who acts: the name given, or by default whoever is listed with this account, or the account itself where nobody is listed.

    Raises UsageError for a name that may not act from here.
    """
    account = os_account()
    name = name if name is None else one_spelling(name)
    if name == "":
        raise UsageError("--actor: a name is wanted")
    if not settings.actor:
        return name or account
    names = ", ".join(actor.name for actor in settings.actor)
    person = next((actor for actor in settings.actor if (actor.os_account == account if name is None else actor.name == name)), None)
    if person is None:
        raise UsageError(f"nobody is listed {f'as {quoted(name)}' if name else f'with the account {account}'}; listed are {names} (claims.toml, [[actor]])")
    if person.os_account != account:
        raise UsageError(f"--actor {name}: this name works from the account {person.os_account} only, this is {account}")
    return person.name


def one_spelling(text: str) -> str:
    """A name or number as people see it: what differs from it in blanks, width or characters without a shape is the same."""
    shown = (character for character in unicodedata.normalize("NFKC", text) if character.isspace() or unicodedata.category(character)[0] != "C")
    return " ".join("".join(shown).split())


def person_text(act: Entry) -> str:
    """Who acted, as the office's own documents name them: with the account, where nobody was listed and so the name is not bound to one. What banks and
    other offices get has the name alone."""
    return act.actor if act.body["names_bound"] else f"{act.actor}（姓名未与系统账户绑定，系统账户：{act.os_account}）"


def require_other_person(settings: Settings, name: str, account: str, earlier: Entry, deed: str) -> None:
    """Refuse whoever did what went before, by name or by account. `deed` says it: "closed the month". Raises UsageError."""
    if name.casefold() == earlier.actor.casefold():
        raise UsageError(f"{earlier.actor} {deed}; another person must do this")
    if settings.actor and account == earlier.os_account:
        raise UsageError(f"the account {earlier.os_account} {deed}; another person's account must do this")
