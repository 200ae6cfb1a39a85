"""Treasuries as offices call them. One that a policy tells apart by a fact, such as the district, is several: each (id, place) pays its own share."""

from __future__ import annotations

import difflib

from claims.policy.model import Policy, Treasury


class Treasuries:
    """The treasuries of a policy; place is '' for one of which there is only one."""

    def __init__(self, policy: Policy):
        self._policy = policy
        self._known = {treasury.id: treasury for treasury in policy.body.treasury}
        self.ids = list(self._known)
        self.placed = [treasury.id for treasury in policy.body.treasury if treasury.by]

    def title(self, treasury: str, place: str) -> str:
        """'市级财政', or with its place '受益县区财政·平舆县'."""
        known = self._known.get(treasury)
        title = known.title if known else treasury
        return f"{title}·{self._word(known, place)}" if place else title

    def find(self, name: str) -> tuple[str, str] | None:
        """The treasury and place that a name means: a title or id, a title with its place, or the place alone where one treasury has places.

        What resembles a title is a misspelt title and no place.
        """
        for treasury in self._known.values():
            if name in (treasury.id, treasury.title):
                return None if treasury.by else (treasury.id, "")
        title, _, place = name.partition("·")
        if place:
            return next(((one, self._place(one, place)) for one in self.placed if title in (one, self._known[one].title)), None)
        misspelt = difflib.get_close_matches(name, [one.title for one in self._known.values()], n=1, cutoff=0.7)
        return (self.placed[0], self._place(self.placed[0], name)) if len(self.placed) == 1 and not misspelt else None

    def how_to_name(self) -> str:
        """How the treasuries may be called in a file."""
        return "、".join(self.title(treasury, "" if treasury not in self.placed else "某地") for treasury in self.ids)

    def _word(self, treasury: Treasury | None, place: str) -> str:
        return self._choices(treasury).get(place, place) if treasury else place

    def _place(self, treasury: str, word: str) -> str:
        codes = {chinese: code for code, chinese in self._choices(self._known[treasury]).items()}
        return codes.get(word, word)

    def _choices(self, treasury: Treasury) -> dict[str, str]:
        """The words of the fact that tells places apart, where it is a choice."""
        if treasury.by is None:
            return {}
        join, field = treasury.by.split(".")
        return self._policy.tables[self._policy.joins[join].table].fields[field].choices
