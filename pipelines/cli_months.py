"""The commands of a month: close, object, approve, and the delivery of its letters."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from pipelines.cli_options import TEXT, ExampleCommand, act_options


@click.command("close", cls=ExampleCommand, example="claims close 2021-03 --actor 张三")
@click.argument("month", type=TEXT, metavar="YYYY-MM")
@act_options
def close(month: str, workspace: Path, policy_name: str | None, actor: str | None, day: dt.date | None) -> None:
    """Freeze what was decided by the end of a month, for joint signature and public notice."""
    from pipelines.months import close_month

    click.echo(close_month(workspace, month, actor, day, policy_name))


@click.command("object", cls=ExampleCommand, example="claims object SP-2024-0007 --reason 单位已注销 --actor 李四")
@click.argument("claim_id", type=TEXT)
@click.option("--reason", type=TEXT, metavar="TEXT", help="What is objected to, or why the objection is upheld or dismissed; it is recorded.")
@click.option("--uphold", "ending", flag_value="uphold", help="End the objection: the decision is not issued until two people have corrected it.")
@click.option("--dismiss", "ending", flag_value="dismiss", help="End the objection: the decision goes on.")
@act_options
def object_to(
    claim_id: str, reason: str | None, ending: str | None, workspace: Path, policy_name: str | None, actor: str | None, day: dt.date | None,
) -> None:
    """Take one claim out of a public notice while the others go on, or end the objection to it."""
    from pipelines.months import object_to as act

    click.echo(act(workspace, claim_id, reason, ending, actor, day, policy_name))


@click.command("approve", cls=ExampleCommand, example="claims approve 2021-03 --minutes 驻财纪〔2021〕4号 --actor 李四")
@click.argument("month", type=TEXT, metavar="YYYY-MM")
@click.option("--minutes", type=TEXT, required=True, metavar="NO", help="The number of the minutes that decided it; it is recorded.")
@act_options
def approve(month: str, minutes: str, workspace: Path, policy_name: str | None, actor: str | None, day: dt.date | None) -> None:
    """Approve a closed month after its notice: issue the letters with their numbers, post the awards."""
    from pipelines.months import approve_month

    click.echo(approve_month(workspace, month, minutes, actor, day, policy_name))


@click.command("delivered", cls=ExampleCommand, example="claims letters delivered register.xlsx --actor 李四")
@click.argument("register", type=click.Path(dir_okay=False, path_type=Path))
@act_options
def delivered(register: Path, workspace: Path, policy_name: str | None, actor: str | None, day: dt.date | None) -> None:
    """Record the delivery of letters from REGISTER, whose columns 送达日期, 送达方式 and 回执 are filled in for those that were delivered."""
    from pipelines.delivery import record_delivery

    click.echo(record_delivery(workspace, register, actor, day, policy_name))
