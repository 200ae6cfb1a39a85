"""The commands that prove the record: replay, audit, backup and restore."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claims.errors import RecordBroken
from pipelines.cli_options import ExampleCommand, command, label_of, workspace_option

if TYPE_CHECKING:
    from pipelines.judged import Finding


@click.command("replay", cls=ExampleCommand, example="claims replay 2024-06 --into audit-2024-06")
@click.argument("month", metavar="YYYY-MM|LABEL", callback=label_of)
@workspace_option
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where to compute it: absent or empty; ./replay-MONTH by default.")
def replay(month: str, workspace: Path, into: Path | None) -> None:
    """Compute every output of a month again, from vault, journal and the policy of then, and compare: exit code 5 where a byte differs.

    Of a month: every event of it (runs, reviews, close and approval, payments, corrections …) with its documents and letters; of a label: that run. Under
    another version of the program values are compared instead of bytes. Nothing in the workspace is changed.
    """
    from pipelines.progress import Progress
    from pipelines.replay import SHOWN_MAX, replay as compute_again

    replayed = compute_again(workspace, month, into or Path(f"replay-{month}"), Progress())
    click.echo(f"{replayed.told(SHOWN_MAX)}\n重算的文件和逐项核对结果：{replayed.folder.resolve()}")
    _require_equal(month, replayed.findings)


def _require_equal(name: str, findings: Sequence[Finding]) -> None:
    """End with exit code 5 where something differs."""
    different = [finding for finding in findings if finding.is_different]
    if different:
        raise RecordBroken(f"{name}: {len(different)} of {len(findings)} differ, first {different[0].name}: {different[0].why}")


@click.group()
def audit() -> None:
    """What an auditor takes along, and its check on another machine."""


@command(audit, "export", "claims audit export --month 2024-06 --into audit-2024-06.zip")
@click.option("--month", metavar="YYYY-MM|LABEL", callback=label_of, help="A month, or one run: all that computing it again needs, and its outputs.")
@click.option("--claim", "claim_id", metavar="ID", callback=label_of, help="One claim: its way, explanation, letters and rows; of others only digests.")
@workspace_option
@click.option("--into", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="The file to write; ./audit-MONTH.zip or ./audit-ID.zip by default.")
def audit_export(month: str | None, claim_id: str | None, workspace: Path, into: Path | None) -> None:
    """Write what an auditor needs into one file, which `claims audit check` checks anywhere. A month is computed again first, and compared."""
    from pipelines.audit import export_claim, export_month
    from pipelines.progress import Progress
    from pipelines.replay import SHOWN_MAX

    if bool(month) == bool(claim_id):
        raise click.UsageError("say either --month or --claim")
    path = into or Path(f"audit-{month or claim_id}.zip")
    replayed = export_month(workspace, month, path, Progress()) if month else None
    said = replayed.told(SHOWN_MAX) if replayed else export_claim(workspace, claim_id, path)
    click.echo(f"{said}\n审计导出：{path.resolve()}\n核对：claims audit check {path.name}")
    if replayed:
        _require_equal(month, replayed.findings)


@command(audit, "check", "claims audit check audit-2024-06.zip")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def audit_check(file: Path) -> None:
    """Check an export by itself: the digest of every file in it, the chain of the journal, and of a month all outputs, computed again, of a claim its
    rows against the journal. Exit code 5 where something differs."""
    from pipelines.audit import check_export
    from pipelines.progress import Progress

    said, findings = check_export(file, Progress())
    click.echo(said)
    _require_equal(file.name, findings)


@click.command("backup", cls=ExampleCommand, example="claims backup /mnt/backups")
@click.argument("target", metavar="DIR|FILE", type=click.Path(path_type=Path))
@workspace_option
def backup(target: Path, workspace: Path) -> None:
    """Write the workspace into one file, read back and checked: FILE, or in DIR one that is named after the last line of the journal.

    The working store is left out; `claims restore` makes it anew. Then the workspace is verified: exit code 5 where it is not what its record says, which
    is told; a backup is not made of a broken record.
    """
    from pipelines.backup import back_up
    from pipelines.progress import Progress
    from pipelines.verify import verify

    click.echo(back_up(workspace, target))
    click.echo(verify(workspace, deep=False, progress=Progress()))


@click.command("restore", cls=ExampleCommand, example="claims restore incentives.zip --workspace restored")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--workspace", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where to make it: a folder that is absent or empty."
)
def restore(file: Path, workspace: Path) -> None:
    """Make the workspace of a backup, on this machine or another one. A file that is not as it was written is named, and nothing is restored.

    Then it is verified, as `claims verify` does it: exit code 5 where it is not what its record says.
    """
    from pipelines.backup import restore as bring_back
    from pipelines.progress import Progress
    from pipelines.verify import verify

    click.echo(bring_back(file, workspace))
    click.echo(verify(workspace, deep=False, progress=Progress()))
