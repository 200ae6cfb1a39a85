"""What a change would do to a workspace: its whole history under the change, beside what was recorded."""

from __future__ import annotations

import csv
import hashlib
import html
import random
import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from claims.errors import UsageError
from claims.impact import AFTER, BEFORE
from claims.money import plain_yuan
from claims.policy.model import find_policy, load_policy
from claims.record.store import open_store
from claims.replay import NotReproduced, assess_as_recorded, assess_under
from claims.workspace import Workspace
from pipelines.whatif import Asked, history_of, scratch_database, trial_of, try_change
from tests.commands import give
from tests.random_claims import write_nights
from tests.settle import CASES, settle

POLICY = load_policy(find_policy(None))
DECISION = "claim_id, outcome, computed_fen, award_fen, city_fen, county_fen, payee, reason_codes"
NIGHTS = 4
CHANGES = {
    "office_cap = { value = 3_000_000,": ("2.1.figure.office_cap.value=1", "office_cap = { value = 1,"),
    "effective_from = 2020-12-16": ("policy.effective_from=2020-01-01", "effective_from = 2020-01-01"),
    "local_share = { value = 50,": ("figure.local_share.value=0.01", "local_share = { value = 0.01,"),
    "benefit_months = { value = 36,": ("figure.benefit_months.value=60", "benefit_months = { value = 60,"),
    "{ from = 50_000_000, award = 3_000_000 }": ("1.1.bands.tier_yuan.step.1.award=0", "{ from = 50_000_000, award = 0 }"),
    'unless = "institution.level in provincial_or_above"': (
        'set.provincial_or_above=["national_hq", "business_hq", "regional_hq", "provincial", "city_branch", "none"]', None),
}
"""By the text of policy.toml: the edit as the command takes it, and the text that says the same, None where it stands elsewhere."""
WIDER_LEVELS = ('provincial_or_above = ["national_hq", "business_hq", "regional_hq", "provincial"]',
                'provincial_or_above = ["national_hq", "business_hq", "regional_hq", "provincial", "city_branch", "none"]')


def edited_policy(folder: Path) -> Path:
    """The shipped policy with all of CHANGES made by hand."""
    shutil.copytree(POLICY.source, folder)
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    for old, new in [*((old, new) for old, (_, new) in CHANGES.items() if new), WIDER_LEVELS]:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "policy.toml").write_text(text, encoding="utf-8")
    return folder


ASKED = Asked(edits=tuple(edit for edit, _ in CHANGES.values()))


def settled(root: Path, nights: list[Path], policy: str | None = None) -> Path:
    for number, night in enumerate(nights):
        settle(root, night, label=f"night-{number}", policy=policy)
    return root


def decided(root: Path) -> list[tuple]:
    with open_store(Workspace(root)) as database:
        return database.rows(f'select run, {DECISION} from "{POLICY.id}".decided order by claim_id')


@pytest.mark.parametrize("seed", range(8))
def test_a_change_over_several_nights_gives_what_a_workspace_settled_under_it_gives(tmp_path, seed):
    nights = write_nights(tmp_path / "nights", random.Random(seed), nights=NIGHTS, institutions=12, claims=90)
    root = settled(tmp_path / "workspace", nights)
    fresh = decided(settled(tmp_path / "fresh", nights, str(edited_policy(tmp_path / "policy"))))
    history = history_of(root, None)
    with scratch_database() as database:
        assess_as_recorded(database, history, BEFORE)
        assess_under(database, history, trial_of(history, ASKED).versions, AFTER)
        assert database.rows(f"select run, {DECISION} from before.decided order by claim_id") == decided(root)
        found = database.rows(f"select run, {DECISION} from after.decided order by claim_id")
        assert found == fresh
    a, b = {r[1]: r[4] for r in decided(root)}, {r[1]: r[4] for r in fresh}
    print(len(a), len(b), len(a.keys() ^ b.keys()), sum(a[k]!=b[k] for k in a.keys()&b.keys()))
