"""The commands of budgets, payments and the ledger."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from pipelines.cli_options import actor_option, command, day_option, policy_option, workspace_option

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def budget() -> None:
    """What each treasury may pay in a year."""


@command(budget, "import", "claims budget import 2024年预算.xlsx")
@file_argument
@workspace_option
@policy_option
@actor_option
@day_option
def budget_import(file: Path, workspace: Path, policy_name: str | None, actor: str | None, day: dt.date | None) -> None:
    """Take in the budgets of FILE (.csv or .xlsx: 财政, 年度, 金额). A later amount of the same treasury and year takes the place of the earlier one."""
    from pipelines.pay import import_budget

    click.echo(import_budget(workspace, file, actor, day, policy_name))
