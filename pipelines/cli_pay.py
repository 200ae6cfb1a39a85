"""The commands of budgets, payments and the ledger."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from pipelines.cli_options import TEXT, ExampleCommand, act_options, command, day_of, policy_option, workspace_option

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def budget() -> None:
    """What each treasury may pay in a year."""


@command(budget, "import", "claims budget import 2024年预算.xlsx")
@file_argument
@act_options
def budget_import(file: Path, workspace: Path, policy_name: str | None, actor: str | None, day: dt.date | None) -> None:
    """Take in the budgets of FILE (.csv or .xlsx: 财政, 年度, 金额（元）). A later amount of the same treasury and year takes the place of the earlier one."""
    from pipelines.desk import desk
    from pipelines.pay import import_budget

    with desk(workspace, "claims budget import", actor, day, policy_name) as at:
        click.echo(import_budget(at, file))


@click.group()
def pay() -> None:
    """Payment lists, and what the bank says of them."""


@command(pay, "plan", "claims pay plan --on 2024-08-15")
@act_options
def pay_plan(workspace: Path, policy_name: str | None, actor: str | None, day: dt.date | None) -> None:
    """List what is due and covered by the budget, a list for each treasury; what is not covered waits in order. Lists that were made are seen to."""
    from pipelines.desk import desk
    from pipelines.pay import plan

    with desk(workspace, "claims pay plan", actor, day, policy_name) as at:
        click.echo(plan(at))


@command(pay, "open", "claims pay open -o 应付未付.xlsx")
@workspace_option
@policy_option
@click.option("--on", "day", callback=day_of, metavar="YYYY-MM-DD", help="As of which day; today by default.")
@click.option("-o", "--output", "into", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it as a workbook, too.")
def pay_open(workspace: Path, policy_name: str | None, day: dt.date | None, into: Path | None) -> None:
    """Show what is approved and not paid yet, and what is to be paid back. Nothing is planned or recorded."""
    from pipelines.pay import show_unpaid

    click.echo(show_unpaid(workspace, policy_name, day or dt.date.today(), into))


@command(pay, "confirm", "claims pay confirm 银行回单.xlsx --on 2024-08-20")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@act_options
def pay_confirm(files: tuple[Path, ...], workspace: Path, policy_name: str | None, actor: str | None, day: dt.date | None) -> None:
    """Take in the bank's answers of FILES (.csv or .xlsx: 付款编号, 金额（元）, 状态, and 日期, 原因 if told), one after the other. Rows that fit no open
    payment are listed."""
    from pipelines.desk import desk
    from pipelines.pay import confirm

    with desk(workspace, "claims pay confirm", actor, day, policy_name) as at:
        for file in files:
            click.echo("\n".join([*([f"{file.name}："] if len(files) > 1 else []), confirm(at, file)]))


@command(pay, "returned", 'claims pay returned P2024-000012 --reason "账户已注销"')
@click.argument("payment_id", type=TEXT)
@click.option("--reason", type=TEXT, required=True, metavar="TEXT", help="Why the bank returned it.")
@act_options
def pay_returned(payment_id: str, reason: str, workspace: Path, policy_name: str | None, actor: str | None, day: dt.date | None) -> None:
    """Record that the bank returned a payment, though it was reported as paid. `claims pay plan` pays it again under a new number, but for what its
    payee has to pay back of that share."""
    from pipelines.desk import desk
    from pipelines.pay import returned

    with desk(workspace, "claims pay returned", actor, day, policy_name) as at:
        click.echo(returned(at, payment_id, reason))


@command(pay, "recovered", "claims pay recovered SP-2024-0007 --amount 12000.50 --voucher 缴款书0012")
@click.argument("claim_id", type=TEXT)
@click.option("--amount", type=TEXT, required=True, metavar="YUAN", help="How much came back.")
@click.option("--voucher", type=TEXT, required=True, metavar="TEXT", help="The receipt; the same one again is a no-op.")
@click.option("--treasury", type=TEXT, metavar="NAME", help="Which treasury it came back to, where several are owed.")
@click.option("--payee", type=TEXT, metavar="CODE", help="Who paid it back, where the claim was paid to several.")
@act_options
def pay_recovered(
    claim_id: str, amount: str, voucher: str, treasury: str | None, payee: str | None, workspace: Path, policy_name: str | None, actor: str | None,
    day: dt.date | None,
) -> None:
    """Record money that was paid back after a recovery."""
    from pipelines.desk import desk
    from pipelines.pay import recovered

    with desk(workspace, "claims pay recovered", actor, day, policy_name) as at:
        click.echo(recovered(at, claim_id, amount, voucher, treasury, payee))


@click.command("ledger", cls=ExampleCommand, example="claims ledger --beancount ledger.beancount")
@workspace_option
@policy_option
@click.option("--beancount", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the whole ledger as beancount text, too.")
def ledger(workspace: Path, policy_name: str | None, beancount: Path | None) -> None:
    """Print the trial balance of each treasury and year."""
    from pipelines.pay import show_ledger

    click.echo(show_ledger(workspace, policy_name, beancount))
