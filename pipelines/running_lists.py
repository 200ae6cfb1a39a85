"""The lists of payments that every act goes on with: the bank's rows that fit nothing, what was set off, and what waits.

Each is as the latest act that could change it left it, and is told under the policy of that act, whoever writes it again and when.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from claims.payment_lists import WAITING, publish_exceptions, publish_set_off, publish_waiting, tells_what_waits
from claims.record.journal import Entry
from pipelines.desk import Desk

ACTS = ("plan", "confirm", "approve")
"""The acts that may change one of them."""
FROM_ALL_ACTS = {"exceptions": publish_exceptions, "set_off": publish_set_off}
"""Those that tell of all acts so far, by the names of their files."""


def last_changed(acts: Iterable[Entry]) -> dict[str, Entry]:
    """The latest of the acts under a policy, oldest first, that could change each list, by its name; a list that none could change is not there."""
    latest: dict[str, Entry] = {}
    for act in acts:
        for name in _changed_by(act):
            # what is set off was paid before: without a plan there is no list of it
            if act.kind != "approve" or name in latest:
                latest[name] = act
    return latest


def _changed_by(act: Entry) -> tuple[str, ...]:
    body = act.body
    if act.kind == "plan":
        return WAITING, "set_off"
    if act.kind == "confirm":
        return ("exceptions", "set_off") if body["inputs"] else ("set_off",)
    return ("set_off",) if act.kind == "approve" and body["results"].get("payable_reduction", {}).get("rows") else ()


def see_to_list(at: Desk, name: str) -> Path | None:
    """Write a list as the latest act that could change it left it. None where there is no such act, or where it recorded nothing of what waited."""
    act = last_changed(at.acts(*ACTS)).get(name)
    if act is None:
        return None
    policy = at.under(act).policy
    if name in FROM_ALL_ACTS:
        return FROM_ALL_ACTS[name](at.database, at.workspace, policy)
    return publish_waiting(at.database, at.workspace, policy, act) if tells_what_waits(act) else None
