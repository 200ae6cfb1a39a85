"""Commands that help people along: what is not in order, empty forms."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli_options import ExampleCommand, workspace_option


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
