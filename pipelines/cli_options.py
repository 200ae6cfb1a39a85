"""Options and decorators that commands share, and the readers of their values."""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path

import click

from claims.privacy import masked_numbers
from claims.quoting import is_plain, quoted

AHEAD_AT_MOST = dt.timedelta(days=366)
LABEL_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LONGEST_TEXT = 1_000
"""Characters of what a person says, such as a reason: it is recorded, and repeated in summaries and documents. A paragraph or two have room."""


class PlainText(click.ParamType):
    """What a person says in a line of their own words, and what they name by an id: characters that are seen, of which documents can repeat all."""

    name = "text"

    def convert(self, value: str, parameter: click.Parameter | None, context: click.Context | None) -> str:
        if len(value) > LONGEST_TEXT:
            self.fail(f"“{quoted(value)}” is longer than {LONGEST_TEXT:,} characters: shorten it", parameter, context)
        if not is_plain(value):
            self.fail(f"“{quoted(value)}” holds characters that nobody sees, or ends of lines: take them out", parameter, context)
        return value


TEXT = PlainText()


def name_of(_context, _parameter, value: str | None) -> str | None:
    """A person's name as it was given: documents and answers repeat it whole."""
    if value is not None and masked_numbers(value) != value:
        raise click.BadParameter(f"{quoted(value)} is the number of an account or of a person; a name is wanted")
    return value


def label_of(_context, _parameter, value: str | None) -> str | None:
    """A run's name as it was given."""
    if value is not None and not LABEL_PATTERN.fullmatch(value):
        raise click.BadParameter("letters, digits, dot, underscore and hyphen only, beginning with a letter or digit, 64 at most")
    return value


def day_of(_context, _parameter, value: str | None) -> dt.date | None:
    """A day as it was given."""
    if value is None:
        return None
    try:
        day = dt.datetime.strptime(value, "%Y-%m-%d").date()
    except ValueError:
        raise click.BadParameter("a day is written like 2024-06-30") from None
    if day > dt.date.today() + AHEAD_AT_MOST:
        raise click.BadParameter(f"{day} is more than a year ahead; no run could be made before that day any more")
    return day


def day_of_act(context, parameter, value: str | None) -> dt.date | None:
    """A day on which something was done: no period ends by being written down."""
    day = day_of(context, parameter, value)
    if day and day > dt.date.today():
        raise click.BadParameter(f"{day} has not come yet; an act is of today, or of a day before")
    return day


WORKSPACE_VARIABLE = "CLAIMS_WORKSPACE"
"""The variable of the environment that names the workspace where a command does not."""


def default_workspace() -> Path:
    """The workspace of a command that names none."""
    return Path(os.environ.get(WORKSPACE_VARIABLE) or "workspace")


workspace_option = click.option(
    "--workspace", type=click.Path(file_okay=False, path_type=Path), default=Path("workspace"), show_default=True, envvar=WORKSPACE_VARIABLE,
    help=f"The folder that holds record, store and outputs; {WORKSPACE_VARIABLE} names another default.",
)
policy_option = click.option("--policy", "policy_name", metavar="PATH", help="A policy folder, or the id of a shipped one.")
accept_gate_option = click.option(
    "--accept-gate", "gate_names", type=TEXT, multiple=True, metavar="NAME", help="Pass a gate that stopped the run; needs --reason."
)
reason_option = click.option("--reason", type=TEXT, metavar="TEXT", help="Why the gates may be passed; it is recorded.")
actor_option = click.option(
    "--actor", type=TEXT, callback=name_of, metavar="NAME", help="Who acts; by default who is listed with this OS account, or the account itself."
)
day_option = click.option("--on", "day", callback=day_of_act, metavar="YYYY-MM-DD", help="The day of this act; today by default.")


def act_options(function):
    """The options of every act of an office: where, under which policy, who, on which day."""
    return workspace_option(policy_option(actor_option(day_option(function))))


class ExampleCommand(click.Command):
    """A command whose help ends with an example."""

    def __init__(self, *args, example: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.example = example

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Example"):
            formatter.write_text(self.example)


def command(group: click.Group, name: str, example: str):
    """Declare a command of a group, with its example."""
    return group.command(name, cls=ExampleCommand, example=example)
