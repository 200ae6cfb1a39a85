"""What people say in options: a line of characters that are seen, short enough to be repeated in documents."""

from __future__ import annotations

import pytest

from pipelines.cli_options import TEXT
from tests.commands import give_here
from tests.test_cli import commands

SAID = [
    pytest.param(path.split()[1:], parameter.opts[0], id=f"{path} {parameter.opts[0]}")
    for path, command in commands() for parameter in command.params if parameter.opts[0] in ("--actor", "--reason", "--minutes", "--voucher", "--treasury", "--payee")
]
"""Every option of a command in which a person says something."""


@pytest.mark.parametrize("said, told", [
    ("x" * 100_000, f"“{'x' * 60}… (100,000 characters)” is longer than 1,000 characters: shorten it"),
    ("李\u202e四", "“李<U+202E>四” holds characters that nobody sees, or ends of lines: take them out"),
    ("一\n二", "“一<U+000A>二” holds characters that nobody sees, or ends of lines: take them out"),
], ids=["long", "unseen", "two lines"])
@pytest.mark.parametrize("words, option", SAID)
def test_a_text_that_is_too_long_or_not_seen_is_refused_by_its_option_before_anything_is_done(tmp_path, words, option, said, told):
    done = give_here(*words, option, said, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.endswith(f"Error: Invalid value for '{option}': {told}\n")
    assert list(tmp_path.iterdir()) == []


def test_a_number_of_an_account_is_no_name(tmp_path):
    done = give_here("close", "2024-06", "--actor", "6222 0212 3456 7890 123", cwd=tmp_path)
    assert done.returncode == 2 and "Invalid value for '--actor': ***************0123 is the number of an account or of a person" in done.stderr


def test_a_thousand_characters_are_taken_as_they_are():
    assert TEXT.convert("理" * 1_000, None, None) == "理" * 1_000
