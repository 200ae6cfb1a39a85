"""What cannot go on. Problems in the data are values; an exception here ends the command with its exit code and message."""

from __future__ import annotations

from collections.abc import Sequence


MOST_TOLD = 500
"""Problems that a message tells one by one; who mends these meets the others next time."""


class ClaimsError(Exception):
    """An error whose message is meant for the user: what was found, where, and what to do. Never shown with a traceback."""

    exit_code = 1


class UsageError(ClaimsError):
    """The command was given wrongly."""

    exit_code = 2


class InputRefused(ClaimsError):
    """The input cannot be taken in and nothing was changed. `problems` holds every problem found, not just the first."""

    exit_code = 3

    def __init__(self, problems: Sequence[str]):
        beyond = len(problems) - MOST_TOLD
        super().__init__("\n".join([*problems[:MOST_TOLD], *([f"and {beyond:,} more problems"] if beyond > 0 else [])]))
        self.problems = tuple(problems)


class WorkspaceBusy(ClaimsError):
    """Another process holds the workspace; `held` is the sentence that says who."""

    exit_code = 4

    def __init__(self, held: str):
        super().__init__(f"{held} Nothing was changed. Wait until it is done, then give the same command again.")
        self.held = held


class ClockSetBack(ClaimsError):
    """The machine's clock lies before what the record says of the past."""


class RecordBroken(ClaimsError):
    """The vault or the journal is not what was written."""

    exit_code = 5


class StoreUnopened(ClaimsError):
    """The file of a database cannot be opened as one, or cannot be made."""


class StatementFailed(ClaimsError):
    """A SQL statement failed. `name` is its file, e.g. "sql/assess/award.sql", `statement` its text as the database got it."""

    def __init__(self, name: str, statement: str, reason: str):
        super().__init__(f"{name} failed: {reason}")
        self.name = name
        self.statement = statement
