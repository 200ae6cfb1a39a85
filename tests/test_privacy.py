"""Identity numbers and accounts as documents show them."""

from __future__ import annotations

import datetime as dt
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.privacy import account_end, masked_party, masked_text, masked_where_given
from claims.workspace import Workspace
from sample_data.patents import identity_number
from tests.commands import few_claims, give_here
from tests.random_claims import uscc
from tests.settle import settle

NUMBERS = st.integers(0, 999).map(identity_number)
CREDIT_CODES = st.integers().map(lambda seed: uscc(random.Random(seed)))
BESIDE = st.text(st.characters(exclude_categories=["Nd", "L", "Cs"]))
HAND = "11010519491231002X"
"""The example of GB 11643-1999."""


def test_an_identity_number_keeps_its_first_six_and_last_four_characters():
    assert masked_party(HAND) == masked_text(HAND) == "110105********002X"
    assert masked_text(f"张示例（{HAND.lower()}）、李示例{HAND}。") == "张示例（110105********002x）、李示例110105********002X。"


@pytest.mark.parametrize("written", [
    "110105194912310029", "110105194913310021", "1101051949123100", "110105 1949-1231 0021", "１１０１０５１９４９１２３１００２１",
])
def test_a_wrong_number_of_a_person_is_masked_where_a_party_is_named(written):
    assert re.fullmatch(r"110105\*{6,8}\w{4}", masked_party(written))


@pytest.mark.parametrize("text", [
    "110105194912310021", f"6{HAND}", f"{HAND}1", "411700202103120001", "ZL202010123456.7", "12345678", "驻技合字〔2024〕第18号", "",
])
def test_other_numbers_in_a_text_stay_whole(text):
    assert masked_text(text) == text


@pytest.mark.parametrize("code", ["91411700MA3X8Q2P1", "ABC", "1234567890", "12100000400000624B"])
def test_what_is_no_number_of_a_person_stays_whole_where_a_party_is_named(code):
    assert masked_party(code) == code


@given(CREDIT_CODES)
def test_a_credit_code_stays_whole(code):
    assert masked_party(code) == masked_text(code) == code


@given(BESIDE, NUMBERS, BESIDE)
def test_no_text_shows_the_day_of_birth(before, number, after):
    text = masked_text(before + number + after)
    assert number not in text and text == before + masked_party(number) + after


def test_an_account_shows_its_end():
    assert account_end("6222000012345678901") == "尾号8901"


# ---------------------------------------------------------------- what a person gives

ACCOUNT = "6222021234567890123"
CLAIM = "1.1-cap-1"
GIVEN = [
    "ACCOUNT", "pay ACCOUNT", "status ACCOUNT", "explain ACCOUNT", "adjust ACCOUNT", "adjust ACCOUNT --reason x", "adjust ACCOUNT --agree",
    "adjust ACCOUNT --drop", f"adjust {CLAIM} --reason x --award ACCOUNT", f"adjust {CLAIM} --reason x --withdraw-waiver ACCOUNT",
    f"adjust {CLAIM} --agree --actor ACCOUNT", "object ACCOUNT --reason x", "object ACCOUNT --dismiss --reason x", "close ACCOUNT",
    "approve ACCOUNT --minutes x", "review export ACCOUNT", "review import ACCOUNT", "letters render ACCOUNT", "letters preview ACCOUNT",
    "letters delivered ACCOUNT", "budget import ACCOUNT", "pay confirm ACCOUNT", "pay returned ACCOUNT --reason x",
    "pay recovered ACCOUNT --amount 1 --voucher x", f"pay recovered {CLAIM} --amount ACCOUNT --voucher x",
    f"pay recovered {CLAIM} --amount 1 --voucher ACCOUNT", f"pay recovered {CLAIM} --amount 1 --voucher x --treasury ACCOUNT",
    f"pay recovered {CLAIM} --amount 1 --voucher x --payee ACCOUNT", "pay plan --on ACCOUNT", "ledger ACCOUNT", "replay ACCOUNT",
    "audit export --month ACCOUNT", "audit export --claim ACCOUNT", "run ACCOUNT", "run in --as-of ACCOUNT", "run in --engine ACCOUNT",
    "run in --accept-gate ACCOUNT --reason x", "nightly --as-of ACCOUNT", "abandon --reason ACCOUNT", "clock --reason ACCOUNT",
    "commend ACCOUNT --year 2023", "commend in --year ACCOUNT", "what-if --set ACCOUNT", "what-if --set=1.1.x=ACCOUNT",
    "what-if --set=1.1.ACCOUNT=1", "what-if --reading ACCOUNT", "what-if --reading B1=ACCOUNT", "what-if --policy ACCOUNT", "policy readings ACCOUNT",
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Path:
    """A folder with a workspace in it, in which a claim is decided, and the files of that."""
    place = tmp_path_factory.mktemp("given")
    settle(place / "workspace", few_claims(place / "in", CLAIM), "june", dt.date(2024, 6, 30))
    return place


@pytest.mark.parametrize("words", GIVEN)
@pytest.mark.parametrize("account", [ACCOUNT, "6222-0212-3456-7890-123"], ids=["as one", "in groups"])
def test_an_account_that_is_given_in_the_wrong_place_is_not_told_back(desk, words, account):
    done = give_here(*words.replace("ACCOUNT", account).split(), cwd=desk)
    assert done.returncode in (1, 2, 3) and done.stderr
    assert account not in done.stdout + done.stderr
    assert account not in (desk / "workspace" / "journal.jsonl").read_text(encoding="utf-8")


def test_who_holds_a_workspace_is_told_without_the_account_that_was_asked_for(desk):
    with Workspace(desk / "workspace").locked(f"claims status {ACCOUNT}"):
        done = give_here("close", "2024-06", cwd=desk)
    assert done.returncode == 4 and "`claims status ***************0123`" in done.stderr


def test_a_folder_that_is_there_is_told_by_its_name(desk):
    (desk / "20240630235959").mkdir()
    done = give_here("commend", "20240630235959", "--year", "2023", cwd=desk)
    assert done.returncode == 3 and done.stderr.startswith("claims: 20240630235959: no file to read")


@pytest.mark.parametrize("told, shown", [
    (f"{ACCOUNT}: see 20240630235959.csv", "***************0123: see 20240630235959.csv"), (f"of {ACCOUNT} 2024", "of *******************2024"),
    ("unknown field `6222 0212 3456 7890 123`", "unknown field `***************0123`"), ("91411702MA00000029 P2024-000012", "91411702MA00000029 P2024-000012"),
])
def test_of_the_numbers_in_a_message_those_are_masked_that_were_given(told, shown):
    assert masked_where_given(told, ["--set", f"1.1.{ACCOUNT}=1", ACCOUNT, "--workspace=inbox-2024", "91411702MA00000029"]) == shown
