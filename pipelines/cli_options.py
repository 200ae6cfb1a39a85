"""Options and decorators that commands share, and the readers of their values."""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path

import click

AHEAD_AT_MOST = dt.timedelta(days=366)
LABEL_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


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
    "--accept-gate", "gate_names", multiple=True, metavar="NAME", help="Pass a gate that stopped the run; needs --reason."
)
reason_option = click.option("--reason", metavar="TEXT", help="Why the gates may be passed; it is recorded.")
actor_option = click.option("--actor", metavar="NAME", help="Who acts; by default who is listed with this OS account, or the account itself.")
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
