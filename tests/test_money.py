"""Amounts as text: figures and capital words, both read back by a parser that shares nothing with the code under test."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.money import capital_words, plain_yuan, yuan_text

HAND_CHECKED = {
    0: "人民币零元整",
    1: "人民币壹分",
    10: "人民币壹角整",
    45: "人民币肆角伍分",
    100: "人民币壹元整",
    101: "人民币壹元零壹分",
    1_010: "人民币壹拾元壹角整",
    32_504: "人民币叁佰贰拾伍元零肆分",
    140_950: "人民币壹仟肆佰零玖元伍角整",
    168_032: "人民币壹仟陆佰捌拾元叁角贰分",
    600_714: "人民币陆仟零柒元壹角肆分",
    1_640_902: "人民币壹万陆仟肆佰零玖元零贰分",
    10_700_053: "人民币壹拾万柒仟元伍角叁分",
    100_000_000: "人民币壹佰万元整",
    1_000_000_100: "人民币壹仟万零壹元整",
    10_001_000_000: "人民币壹亿零壹万元整",
    80_000_700_000: "人民币捌亿零柒仟元整",
    100_000_000_000: "人民币壹拾亿元整",
    100_010_001_001: "人民币壹拾亿零壹拾万零壹拾元零壹分",
    10**14: "人民币壹万亿元整",
}

DIGITS = {word: value for value, word in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS = {"拾": 10, "佰": 100, "仟": 1_000}
AMOUNTS = st.integers(0, 10**18 - 1) | st.builds(lambda digit, power: digit * 10**power, st.integers(0, 99_999), st.integers(0, 13))


def read_words(words: str) -> int:
    """Fen from capital words, read left to right with one accumulator per unit."""
    text = words.removeprefix("人民币").removesuffix("整")
    whole, mark, cents = text.rpartition("元")
    return (read_whole(whole) if mark else 0) * 100 + read_cents(cents)


def read_whole(words: str) -> int:
    total = section = digit = 0
    for word in words:
        if word in DIGITS:
            digit = DIGITS[word]
        elif word in UNITS:
            section, digit = section + digit * UNITS[word], 0
        elif word == "万":
            section, digit = (section + digit) * 10_000, 0
        else:
            assert word == "亿"
            total, section, digit = (section + digit) * 10**8, 0, 0
    return total + section + digit


def read_cents(words: str) -> int:
    jiao, mark, rest = words.rpartition("角")
    value = DIGITS[jiao] * 10 if mark else 0
    return value + (DIGITS[rest.removeprefix("零").removesuffix("分") or "零"] if rest else 0)


@pytest.mark.parametrize(("fen", "words"), HAND_CHECKED.items())
def test_amounts_in_words_equal_those_checked_by_hand(fen, words):
    assert capital_words(fen) == words


@given(AMOUNTS)
def test_words_are_read_back_as_the_same_amount_and_hold_no_doubled_or_idle_zero(fen):
    words = capital_words(fen)
    assert read_words(words) == fen
    assert "零零" not in words
    assert not any("零" + unit in words for unit in "拾佰仟万亿角分")
    assert fen < 100 or "零元" not in words
    assert words.endswith("整") == (fen % 10 == 0)


@given(st.integers(-(10**20), 10**20))
def test_figures_are_read_back_as_the_same_amount(fen):
    assert Decimal(plain_yuan(fen)) == Decimal(fen) / 100 == Decimal(yuan_text(fen).replace(",", ""))


def test_figures_carry_separators_for_reading_only():
    assert yuan_text(123_456_789) == "1,234,567.89"
    assert plain_yuan(123_456_789) == "1234567.89"
    assert yuan_text(-5) == "-0.05"


@pytest.mark.parametrize("write", [yuan_text, plain_yuan, capital_words])
@pytest.mark.parametrize("amount", [1.0, Decimal(1), "1", True, None])
def test_anything_but_an_int_is_refused(write, amount):
    with pytest.raises(TypeError):
        write(amount)


@pytest.mark.parametrize("fen", [-1, 10**18])
def test_amounts_that_have_no_words_are_refused(fen):
    with pytest.raises(ValueError):
        capital_words(fen)
