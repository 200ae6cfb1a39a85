"""Commands of the review of exceptions."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from pipelines.cli_options import act_options, command, label_of


@click.group()
def review() -> None:
    """Let people look at what a machine should not decide."""


@command(review, "export", "claims review export --output 复核.xlsx")
@click.argument("label", required=False, callback=label_of)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=Path("exceptions.xlsx"), show_default=True,
              help="The workbook to write; one with filled rows is not written over.")
@act_options
def review_export(
    label: str | None, output: Path, workspace: Path, policy_name: str | None, actor: str | None, day: dt.date | None,
) -> None:
    """Write all that is held now as a workbook to fill in; with LABEL, what that run held and is held still."""
    from pipelines.review import Asked, export_exceptions

    click.echo(export_exceptions(Asked(workspace, actor, day, policy_name), label, output))


@command(review, "import", "claims review import exceptions.xlsx --actor 张敏")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@act_options
def review_import(file: Path, workspace: Path, policy_name: str | None, actor: str | None, day: dt.date | None) -> None:
    """Take a filled workbook back, whole or in parts, and issue the letters that ask for a supplement."""
    from pipelines.progress import Progress
    from pipelines.review import Asked, import_rulings

    click.echo(import_rulings(Asked(workspace, actor, day, policy_name), file, Progress()))
