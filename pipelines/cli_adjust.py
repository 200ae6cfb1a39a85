"""The command line of corrections: `claims adjust`."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import click

from pipelines.cli_options import TEXT, ExampleCommand, actor_option, day_option, policy_option, workspace_option

AMOUNT_PATTERN = re.compile(r"\d{1,15}(\.\d{1,2})?")


def fen_of(_context, _parameter, value: str | None) -> int | None:
    """An amount in yuan as it was given, in fen."""
    if value is None:
        return None
    if not AMOUNT_PATTERN.fullmatch(value):
        raise click.BadParameter("an amount is written like 1234.56, in yuan, not below zero")
    yuan, _, cents = value.partition(".")
    return int(yuan) * 100 + int(cents.ljust(2, "0"))


@click.command("adjust", cls=ExampleCommand, example="claims adjust SP-2024-0007 --reason 税务局更正2022年留成 --actor 张敏")
@click.argument("claim_id", type=TEXT, metavar="[CLAIM_ID]", required=False)
@workspace_option
@policy_option
@click.option("--reason", type=TEXT, metavar="TEXT", help="Propose the difference that is shown without it; why.")
@click.option("--award", "award_fen", callback=fen_of, metavar="YUAN", help="Propose this award in place of what the facts give; needs --reason.")
@click.option("--withdraw-waiver", "withdrawn", type=TEXT, metavar="CODE",
              help="Propose that the waiver of this code is withdrawn, so that the claim is refused; needs --reason.")
@click.option("--set-aside", is_flag=True, help="Propose that the decision stays and the changed row waits no more; needs --reason.")
@click.option("--agree", "agreed", is_flag=True, help="Agree to the open proposal of another person.")
@click.option("--drop", "dropped", is_flag=True, help="Withdraw the open proposal.")
@click.option("--list", "listed", is_flag=True, help="List what waits to be adjusted, and the decided claims that would now come out otherwise.")
@actor_option
@day_option
def adjust(
    claim_id: str | None, workspace: Path, policy_name: str | None, reason: str | None, award_fen: int | None, withdrawn: str | None, set_aside: bool,
    agreed: bool, dropped: bool, listed: bool, actor: str | None, day: dt.date | None,
) -> None:
    """Correct a decided claim: show the difference to what the facts give now; propose it; agree to it, as another person."""
    from pipelines.adjust import Proposal, Who, agree, drop, list_open, propose, show_difference

    who = Who(workspace, actor, day, policy_name)
    if listed == (claim_id is not None):
        raise click.UsageError("one claim is named, or --list")
    instead = sum((award_fen is not None, withdrawn is not None, set_aside))
    if sum((reason is not None, agreed, dropped)) > 1 or instead > 1:
        raise click.UsageError("one at a time: --reason proposes (with --award, --withdraw-waiver or --set-aside), --agree and --drop answer a proposal")
    if instead and reason is None or (reason is not None and not reason.strip()):
        raise click.UsageError("--reason: why is wanted")
    if listed:
        click.echo(list_open(who))
    elif reason is not None:
        click.echo(propose(who, claim_id, Proposal(reason.strip(), award_fen, withdrawn, set_aside)))
    elif agreed:
        click.echo(agree(who, claim_id))
    elif dropped:
        click.echo(drop(who, claim_id))
    else:
        click.echo(show_difference(who, claim_id))
