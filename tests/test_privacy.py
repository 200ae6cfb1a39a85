"""Identity numbers and accounts as documents show them."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.privacy import account_end, masked_party, masked_text
from sample_data.patents import identity_number
from tests.random_claims import uscc

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
