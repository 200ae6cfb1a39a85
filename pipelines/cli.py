"""The command line: the only place that knows click, and the one that turns errors into messages and exit codes.

What a command needs beyond click is imported inside it, so that `claims --help` answers at once.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import sys
import tempfile
import traceback
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from claims import __version__
from claims.errors import ClaimsError, InputRefused, StatementFailed, StoreUnopened
from claims.files import UMASK
from claims.privacy import masked_numbers, masked_where_given
from claims.quoting import plain_lines, told_error
from pipelines import cli_guidance, cli_months, cli_proof
from pipelines.cli_adjust import adjust
from pipelines.cli_options import (
    TEXT, accept_gate_option, actor_option, command, day_of, default_workspace, label_of, policy_option, reason_option, workspace_option,
)
from pipelines.cli_pay import budget, ledger, pay
from pipelines.cli_review import review

if TYPE_CHECKING:
    from claims.spark.session import SparkSession
    from claims.workspace import Workspace

COMPLETED = "What is not complete is completed by the same command, once that is mended."


def main() -> None:
    """Run the command and end with its exit code. No traceback reaches the user: it goes to a file that the message names."""
    os.umask(UMASK)
    sys.stdout = _Plain(sys.stdout)
    try:
        _require_text([*sys.argv[1:], os.getcwd(), str(default_workspace())])
        cli.main(prog_name="claims", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        click.echo(masked_numbers(plain_lines(shown.getvalue())), err=True, nl=False)
        sys.exit(error.exit_code)
    except click.Abort:
        _fail("interrupted; the same command completes the run", 1)
    except (StatementFailed, StoreUnopened) as error:
        _fail(f"{told_error(error)}\n{COMPLETED} If it fails again: `claims rebuild` makes the working store anew; if that does not help, report it.", error.exit_code)
    except ClaimsError as error:
        _fail(told_error(error), error.exit_code)
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        _fail(f"{named}{error.strerror or error}. {COMPLETED}", 1)
    except Exception as error:  # the last resort: whatever it is, the user gets a sentence
        _fail(f"unexpected failure: {type(error).__name__}: {told_error(error)}\nDetails: {_keep_traceback()}\nThe same command completes the run; if it fails again and again: claims abandon", 1)
    # all is written and closed; taking apart what Great Expectations brought would cost every run another half second
    os._exit(0)


def _require_text(given: list[str]) -> None:
    """The record, and every message, names what was given: raises InputRefused for a name of a file or folder that is no text."""
    for name in given:
        try:
            name.encode()
        except UnicodeEncodeError:
            raise InputRefused([f"{ascii(name)}: a name that is no UTF-8 text can stand in no record: rename it"]) from None


class _Plain:
    """Standard output on which no text commands the terminal, whatever names and cells it tells."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(plain_lines(text))

    def __getattr__(self, name: str):
        return getattr(self._stream, name)


def _fail(message: str, exit_code: int) -> None:
    """End with a message. An account that was given in place of an id or an amount is not told back whole; what is there is told by its name."""
    given = [word for word in sys.argv[1:] if not os.path.exists(word)]
    click.echo(plain_lines(f"claims: {masked_where_given(message, given)}"), err=True)
    sys.exit(exit_code)


def _keep_traceback() -> str:
    try:
        with tempfile.NamedTemporaryFile("w", prefix="claims-failure-", suffix=".log", delete=False, encoding="utf-8") as file:
            file.write(masked_numbers(traceback.format_exc()))
    except OSError as error:
        return f"none, they could not be written ({error})"
    return file.name


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(__version__, prog_name="claims")
@click.option("--workspace", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Without a command: whose next step is told.")
@click.pass_context
def cli(context: click.Context, workspace: Path | None) -> None:
    """Settle incentive claims: from a folder of files to exact decisions and a draft letter for each.

    Without a command, the next sensible step for the workspace is told.
    """
    if context.invoked_subcommand is None:
        from pipelines.next_steps import next_steps

        where = f" --workspace {workspace}" if workspace and workspace != default_workspace() else ""
        click.echo(next_steps(workspace or default_workspace(), where, dt.date.today()))
    elif workspace:
        raise click.UsageError(f"--workspace stands behind the command: claims {context.invoked_subcommand} … --workspace {workspace}")


def _accepted(gate_names: tuple[str, ...], reason: str | None) -> dict[str, str]:
    """The reason by each gate that may be passed."""
    if bool(gate_names) != bool(reason and reason.strip()):
        raise click.UsageError("--accept-gate and --reason go together")
    return dict.fromkeys(gate_names, reason)


@command(cli, "run", "claims run inbox/2024-06 --as-of 2024-06-30")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@workspace_option
@click.option("--label", callback=label_of, metavar="TEXT", help="The run's name; the as-of date by default.")
@click.option("--as-of", callback=day_of, metavar="YYYY-MM-DD", help="The day of settling; today by default.")
@policy_option
@click.option("--no-letters", is_flag=True, help="Leave the letters for `claims letters render`.")
@accept_gate_option
@reason_option
@actor_option
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", help="What assesses; the result is the same. Spark needs Java.")
@click.option("--master", metavar="URL", help="With --engine spark: local[*] by default, spark://HOST:PORT, yarn, k8s://…")
def run(
    folder: Path, workspace: Path, label: str | None, as_of: dt.date | None, policy_name: str | None, no_letters: bool,
    gate_names: tuple[str, ...], reason: str | None, actor: str | None, engine: str, master: str | None,
) -> None:
    """Settle the claims in FOLDER: load, validate, hold the gates, assess, record, draft letters."""
    from claims.workspace import Workspace
    from pipelines.progress import Progress
    from pipelines.reports import run_summary
    from pipelines.run import Request, run_folder

    place = Workspace(workspace)
    with _session(place, engine, master) as spark:
        request = Request(folder, actor, label, as_of, policy_name, not no_letters, _accepted(gate_names, reason), spark=spark)
        finished = run_folder(place, request, Progress(place.logs / "runs.log"))
    click.echo(run_summary(finished))


def _session(place: Workspace, engine: str, master: str | None) -> AbstractContextManager[SparkSession | None]:
    """The session of Spark that a run asks for, if any."""
    from claims.spark.session import LOCAL, spark_session

    if master and engine != "spark":
        raise click.UsageError("--master goes with --engine spark")
    return spark_session(master or LOCAL, place.logs / "spark.log") if engine == "spark" else nullcontext()


@command(cli, "nightly", "claims nightly --workspace incentives")
@workspace_option
@click.option("--as-of", callback=day_of, metavar="YYYY-MM-DD", help="The day of settling; today by default.")
@accept_gate_option
@reason_option
@actor_option
def nightly(workspace: Path, as_of: dt.date | None, gate_names: tuple[str, ...], reason: str | None, actor: str | None) -> None:
    """Settle what is new in WORKSPACE/inbox, unattended: for cron."""
    from claims.workspace import Workspace
    from pipelines.nightly import run_nightly
    from pipelines.reports import idle_text, run_summary
    from pipelines.run import Idle

    place = Workspace(workspace)
    done = run_nightly(place, as_of, actor, _accepted(gate_names, reason))
    click.echo("\n\n".join(idle_text(run, place.inbox) if isinstance(run, Idle) else run_summary(run) for run in done))


@command(cli, "abandon", "claims abandon --reason '政策文件有误，更正后重新运行'")
@click.option("--reason", type=TEXT, required=True, metavar="TEXT", help="Why the run is given up; it is recorded.")
@workspace_option
@actor_option
def abandon(reason: str, workspace: Path, actor: str | None) -> None:
    """Give up an interrupted run that cannot be completed. It has decided nothing; its files can be taken in again."""
    from claims.workspace import Workspace
    from pipelines.run import abandon_run

    click.echo(abandon_run(Workspace(workspace), actor, reason))


@command(cli, "clock", "claims clock --reason '机器时钟曾快一年，现已校准'")
@click.option("--reason", type=TEXT, required=True, metavar="TEXT", help="Why earlier times of the journal lie ahead; it is recorded.")
@workspace_option
@actor_option
def clock(reason: str, workspace: Path, actor: str | None) -> None:
    """State that the clock is right now, after the journal was written by one that was ahead."""
    from pipelines.clock import state_clock

    click.echo(state_clock(workspace, actor, reason))


@command(cli, "commend", "claims commend inbox/scores-2023 --year 2023")
@click.argument("source", metavar="FOLDER_OR_FILE", type=click.Path(path_type=Path))
@click.option("--year", type=click.IntRange(2000, 2100), required=True, help="The year that was evaluated.")
@workspace_option
@policy_option
@actor_option
def commend(source: Path, year: int, workspace: Path, policy_name: str | None, actor: str | None) -> None:
    """Rank a year's scores: who is put forward for commendation and for priority, with draft letters. No money is in it."""
    from pipelines.commend import Request, commend as rank_scores, commendation_summary

    click.echo(commendation_summary(rank_scores(workspace, Request(source, year, actor, policy_name))))


@command(cli, "settings", "claims settings > workspace/claims.toml")
def settings() -> None:
    """Print every setting with its default and what it does."""
    from claims.settings import SHIPPED

    click.echo(SHIPPED.read_text(encoding="utf-8"), nl=False)


@command(cli, "demo", "claims demo")
@click.option("--workspace", type=click.Path(file_okay=False, path_type=Path), default=Path("demo-workspace"), show_default=True)
@actor_option
def demo(workspace: Path, actor: str | None) -> None:
    """Run the whole job on the sample month that comes with the program."""
    from claims.workspace import Workspace
    from pipelines.demo import run_demo
    from pipelines.progress import Progress
    from pipelines.reports import run_summary

    click.echo(run_summary(run_demo(workspace, actor, Progress(Workspace(workspace).logs / "runs.log"))))


@command(cli, "sample", "claims sample --months 6 --seed 1 practice")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--months", type=click.IntRange(1, 36), default=6, show_default=True, help="How many months, from January 2024 on.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed gives the same bytes.")
def sample(folder: Path, months: int, seed: int) -> None:
    """Write believable months of an invented city into DIR, a folder for each, to try the program with."""
    from sample_data.months import write_months

    if folder.is_dir() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty: give the months a folder of their own")
    written = write_months(folder, months, seed)
    click.echo("Written. The months are settled one after the other:")
    for place, last_day in written.items():
        click.echo(f"claims run {place} --as-of {last_day}")


@cli.group()
def letters() -> None:
    """Draft letters."""


@command(letters, "render", "claims letters render 2024-06-30")
@click.argument("label", callback=label_of)
@workspace_option
def letters_render(label: str, workspace: Path) -> None:
    """Draft the letters of a finished run."""
    from pipelines.progress import Progress
    from pipelines.queries import render_letters_of

    click.echo(render_letters_of(workspace, label, Progress()))


@command(letters, "preview", "claims letters preview reduced --into reduced.pdf")
@click.argument("kind", type=TEXT)
@click.option("--into", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to write it; sample-KIND.pdf here by default.")
@workspace_option
@policy_option
def letters_preview(kind: str, into: Path | None, workspace: Path, policy_name: str | None) -> None:
    """Draw a sample of one KIND of letter with invented data, as the workspace's configuration makes it look; nothing is recorded.

    Kinds: approved, reduced, rejected, supplement, withdrawn, supplementary, corrected, recovery, revoked, commended, thanks.
    """
    from pipelines.letters import preview_letter

    click.echo(preview_letter(workspace, kind, policy_name, into))


@command(cli, "explain", "claims explain SP-2024-0007 --html SP-2024-0007.html")
@click.argument("claim", type=TEXT)
@workspace_option
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a page instead.")
def explain(claim: str, workspace: Path, page: Path | None) -> None:
    """Show how a claim was decided: facts beside their cells, each step with its article, limits, readings and what others would give.

    CLAIM is its id, the number of a letter on it, or the name of its claimant or a part of that; where that means several, they are listed.
    """
    from pipelines.explain import explain_claim, write_explanation

    click.echo(write_explanation(workspace, claim, page) if page else explain_claim(workspace, claim))


@command(cli, "what-if", "claims what-if --policy my-policy --html trial.html")
@workspace_option
@policy_option
@click.option("--reading", "readings", multiple=True, metavar="ID=ALTERNATIVE", help="Read the text otherwise; see `claims policy readings`.")
@click.option("--set", "edits", multiple=True, metavar="CLAUSE.PATH=VALUE", help="Change policy.toml: a path from a clause, or from the top. "
              "A value that is a text is quoted: --set 'ceiling.office_cap.pool=\"office_year\"'.")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a page, too.")
@click.option("--csv", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write every claim that changes, too.")
def what_if(
    workspace: Path, policy_name: str | None, readings: tuple[str, ...], edits: tuple[str, ...], page: Path | None, csv: Path | None,
) -> None:
    """Assess the workspace's whole history again under a change, and show who changes and by how much. Nothing in it is changed.

    Several changes are made together: the policy first, then readings, then what is set, each in the order given.
    """
    from pipelines.whatif import Asked, try_change

    click.echo(try_change(workspace, Asked(policy_name, readings, edits), page, csv))


@command(cli, "status", "claims status SP-2024-0007")
@click.argument("claim", type=TEXT, required=False)
@workspace_option
def status(claim: str | None, workspace: Path) -> None:
    """Count decided and held claims by label and clause; of one claim, show its way: what happened when, by whom, with which documents.

    CLAIM is its id, the number of a letter on it, or the name of its claimant or a part of that; where that means several, they are listed.
    """
    from pipelines.queries import status_of_claim, status_table

    click.echo(status_of_claim(workspace, claim) if claim else status_table(workspace))


@command(cli, "rebuild", "claims rebuild")
@workspace_option
def rebuild(workspace: Path) -> None:
    """Make the working store anew from vault and journal; nothing is computed again."""
    from pipelines.queries import rebuild_store

    click.echo(rebuild_store(workspace))


@command(cli, "verify", "claims verify --deep")
@click.option("--deep", is_flag=True, help="Draw every letter again, too, and compare it byte for byte.")
@workspace_option
def verify(deep: bool, workspace: Path) -> None:
    """Compare the workspace with its record: journal, head outside, vault, store, ledger, documents, letters. Nothing is changed."""
    from pipelines.progress import Progress
    from pipelines.verify import verify as verify_workspace

    click.echo(verify_workspace(workspace, deep, Progress()))


@cli.group()
def policy() -> None:
    """Check and read policies."""


@command(policy, "check", "claims policy check my-policy/")
@click.argument("path", required=False)
def policy_check(path: str | None) -> None:
    """Look for overlaps, gaps, unknown names, wrong units and missing citations, and compare with the edge cases on file; say where."""
    from claims.policy.check import check_policy
    from claims.policy.model import find_policy, load_policy
    from pipelines.cases import case_findings

    policy = load_policy(find_policy(path))
    findings = check_policy(policy) or case_findings(policy)
    for finding in findings:
        click.echo(str(finding))
    if findings:
        raise InputRefused([f"{policy.source}: {len(findings)} findings"])
    click.echo(f"{policy.id}: {len(policy.clauses)} clauses, {len(policy.codes)} codes, {len(policy.readings)} readings; no findings")


@command(policy, "cases", "claims policy cases my-policy/ --html cases.html")
@click.argument("path", required=False)
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a page for the bureau, too.")
def policy_cases(path: str | None, page: Path | None) -> None:
    """Make the edge cases of a policy: the claims below, at and above every bound, cap, window and date, computed, to be gone through and signed.

    They are kept in PATH/cases.toml, and `claims policy check` compares with them. Of a shipped policy, named by its id, only the page is written.
    """
    from pipelines.cases import write_cases

    click.echo(write_cases(path, page))


@command(policy, "show", "claims policy show 2.1 --sql")
@click.argument("clause", type=TEXT, required=False)
@policy_option
@click.option("--sql", "as_sql", is_flag=True, help="Show what the clause compiles to.")
def policy_show(clause: str | None, policy_name: str | None, as_sql: bool) -> None:
    """Print the policy's contents, or one clause (or the commendation) with its figures, rules and readings."""
    from claims.errors import UsageError
    from claims.policy.check import load_sound_policy
    from claims.policy.show import show_clause, show_commendation, show_contents, show_sql

    policy = load_sound_policy(policy_name)
    commendation = policy.body.commendation
    if commendation and clause == commendation.id:
        click.echo(show_commendation(policy, commendation))
        return
    if clause is not None and clause not in policy.clauses:
        raise UsageError(f"{policy.id} has no clause {clause}; it has {', '.join(policy.clauses)}")
    if clause is None:
        click.echo(show_contents(policy))
    else:
        click.echo(show_sql(policy, clause) if as_sql else show_clause(policy, policy.clauses[clause]))


@command(policy, "dictionary", "claims policy dictionary my-policy/ > data-dictionary.md")
@click.argument("path", required=False)
def policy_dictionary(path: str | None) -> None:
    """Print the policy's tables as Markdown: files, keys, fields, types, units, choices, and which clauses need them."""
    from claims.policy.check import load_sound_policy
    from claims.policy.dictionary import dictionary

    click.echo(dictionary(load_sound_policy(path)), nl=False)


@command(policy, "codes", "claims policy codes my-policy/ > codes.md")
@click.argument("path", required=False)
def policy_codes(path: str | None) -> None:
    """Print the policy's codes as Markdown, in Chinese: what each means, and who does what about it."""
    from claims.policy.check import load_sound_policy
    from claims.policy.code_list import code_list

    click.echo(code_list(load_sound_policy(path)), nl=False)


@command(policy, "coverage", "claims policy coverage")
@click.argument("path", required=False)
def policy_coverage(path: str | None) -> None:
    """Print where every article and item of the official text is placed."""
    from claims.policy.check import load_sound_policy
    from claims.policy.show import show_coverage

    click.echo(show_coverage(load_sound_policy(path)))


@command(policy, "new", "claims policy new my-policy")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def policy_new(folder: Path) -> None:
    """Begin a policy of your own in DIR: a small complete one, to be made yours."""
    from claims.errors import UsageError
    from claims.files import make_folder, write_atomically
    from claims.policy.model import POLICY_FILES, STARTER

    if folder.exists():
        raise UsageError(f"{folder}: there is something already; name a folder that does not exist")
    make_folder(folder)
    for name in POLICY_FILES:
        write_atomically(folder / name, (STARTER / name).read_bytes())
    click.echo(f"Written: {folder.resolve()}\nEdit it, and look it over with: claims policy check {folder}")


@command(policy, "readings", "claims policy readings --workspace workspace")
@click.argument("path", required=False)
@click.option(
    "--workspace", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Tell what each alternative would change on its claims."
)
@policy_option
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a page instead.")
def policy_readings(path: str | None, workspace: Path | None, policy_name: str | None, page: Path | None) -> None:
    """List what the policy's text leaves open: question, answer, why, and what else it could mean. A workspace's policy is that of its runs; where they
    are of several, --policy names one. At PATH lies a policy to be read instead."""
    from pipelines.readings import list_readings

    click.echo(list_readings(path, workspace, page, policy_name))


cli.add_command(review)
cli.add_command(cli_months.close)
cli.add_command(cli_months.object_to)
cli.add_command(cli_months.approve)
letters.add_command(cli_months.delivered)
cli.add_command(budget)
cli.add_command(pay)
cli.add_command(adjust)
cli.add_command(ledger)
cli.add_command(cli_proof.replay)
cli.add_command(cli_proof.audit)
cli.add_command(cli_proof.backup)
cli.add_command(cli_proof.restore)
cli.add_command(cli_guidance.doctor)
cli.add_command(cli_guidance.template)
