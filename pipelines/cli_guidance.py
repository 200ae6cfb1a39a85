"""Commands that help people along: what is not in order, empty forms."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli_options import ExampleCommand, policy_option, workspace_option


@click.command("doctor", cls=ExampleCommand, example="claims doctor --workspace incentives")
@workspace_option
def doctor(workspace: Path) -> None:
    """Look over installation, fonts, disk, rights, settings and workspace, and say how to mend what is found. Nothing is changed.

    Ends with 0 when nothing hinders the work (what is left to do is told), with 3 when something does, with 5 when the record does not verify.
    """
    from pipelines.doctor import examined, report, require_in_order

    areas = examined(workspace)
    click.echo(report(areas))
    require_in_order(areas)


@click.command("template", cls=ExampleCommand, example="claims template forms --policy zhumadian-2020-53")
@click.argument("folder", metavar="[DIR]", required=False, default="forms", type=click.Path(path_type=Path))
@policy_option
def template(folder: Path, policy_name: str | None) -> None:
    """Write empty input forms of a policy's tables into DIR (forms by default): as CSV, and as workbooks with notes and drop-downs."""
    from pipelines.forms import write_forms

    click.echo(write_forms(folder, policy_name))
