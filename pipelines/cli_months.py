"""The commands of a month: close, object, approve, and the delivery of its letters."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from pipelines.cli_options import ExampleCommand, actor_option, day_option, policy_option, workspace_option


@click.command("close", cls=ExampleCommand, example="claims close 2021-03 --actor 张三")
@click.argument("month", metavar="YYYY-MM")
@workspace_option
@policy_option
@actor_option
@day_option
def close(month: str, workspace: Path, policy_name: str | None, actor: str | None, day: dt.date | None) -> None:
    """Freeze what was decided by the end of a month, for joint signature and public notice."""
    from pipelines.months import close_month

    click.echo(close_month(workspace, month, actor, day, policy_name))
