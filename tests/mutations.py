"""Damaged and hostile variants of files, from a seed: bytes, encodings, cells, TOML values, parts of workbooks. The same seed gives the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from random import Random
from xml.sax.saxutils import escape

from claims.limits import LONGEST_CELL

NASTY = [
    "", " ", "　", "'", '"', '""', ",", "\t", "\n", "\r", "\r\n", "\\", "=1+1", "+1", "-1", "@SUM(A1)", "=cmd|'/c calc'!A0", "\t=1", "＝1", "-", "--", "'=1",
    "0", "-0", "0.00", "00", "０", "－５", "1,000", "1,00", "1.005", "1e308", "1e309", "1e-400", "1E+999999999", "NaN", "inf", "-inf", "Infinity", "100%",
    "999999999999999.99", "9999999999999999", "9" * 400, "0." + "0" * 400 + "1", "2147483648", "9223372036854775808", "170141183460469231731687303715884105728",
    "-999999999999999.99", "99999999999.9999", "1.2万元", "①", "Ⅷ", "½", "٣", "२", "𝟙",
    "9999-12-31", "9999-12-31 24:00", "0001-01-01", "1000-01-01", "1582-10-10", "2024-02-30", "2023-02-29", "2000-02-29", "10000-01-01", "0000-00-00",
    "99991231", "2024年13月1日", "2024-06-30 00:00:00.0", "2024-06-30T00:00Z", "infinity", "-infinity", "epoch", "2100", "2101", "1999", "9999", "0000",
    "\u202e", "中\u202e文", "\u200b", "\ufeff", "a\u00ad", "\u2028", "\u2066", "\x00", "\x1b[2J\x1b]0;x\x07", "\x7f", "\x85", "\ufffe", "\U0010ffff", "😀", "e\u0301",
    "é", "Аlfa", "1.２", "l.1", "\u3164", "㐂", "\ue000", "../../etc/passwd", "/etc/passwd", "..", ".", "CON", "nul.txt", "a/b", "a\\b", "C:\\x", "x" * 300, "好" * 300,
    "x" * LONGEST_CELL, "x" * (LONGEST_CELL + 1), "<script>alert(1)</script>", "{{ 7*7 }}", "{% raw %}", "#read(\"/etc/passwd\")", "$(id)", "`id`", "%s%n%d",
    "'; drop table claims; --", "' or '1'='1", "\" or 1=1", "*/", "/*", "--", ";", "NULL", "None", "true", "false", "1.1", "3", "3.0", "2.4", "合计", "小计", "是",
    "bank", "成功", "退回", "放行", "不予支持", "退回补正", "核定", "6222021234567890123", "411702198001011234",
]
"""What a cell or a value becomes: ends of ranges and calendars, look-alikes, characters that nobody sees, code of every language on the way."""
SIGNS = [b"\0", b'"', b"'", b",", b"\n", b"\r", b"\xff", b"\xfe", b"\xef\xbb\xbf", b"\xff\xfe", b"\x80", b"\xe2\x80\xae", b"=", b"[", b"]", b"{", b"\\", b"#", b"<", b"&"]


LARGEST_CHANGED_AGAIN = 1 << 20
"""Bytes of a file that is large enough as it is."""


def mutated(data: bytes, suffix: str, dice: Random) -> bytes:
    """One variant of a file: one to three changes, each at random of those that its kind has."""
    of_kind = {".csv": CSV, ".toml": TOML, ".xlsx": XLSX}[suffix]
    for _ in range(dice.choice([1, 1, 2, 3])):
        if len(data) > LARGEST_CHANGED_AGAIN:
            break
        change = dice.choice(of_kind if dice.random() < 0.75 else BYTES)
        try:
            data = change(data, dice)
        except (zipfile.BadZipFile, zlib.error, UnicodeError, LookupError, ValueError, NotImplementedError):
            data = dice.choice(BYTES)(data, dice)  # an earlier change left nothing of its kind
    return data


# ---------------------------------------------------------------- bytes


def _flipped(data: bytes, dice: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice([1, 1, 4, 32]) if data else 0):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _cut(data: bytes, dice: Random) -> bytes:
    return data[:dice.randint(0, len(data))]


def _without_a_piece(data: bytes, dice: Random) -> bytes:
    start = dice.randint(0, len(data))
    return data[:start] + data[start + dice.randint(0, 64):]


def _with_signs(data: bytes, dice: Random) -> bytes:
    at = dice.randint(0, len(data))
    return data[:at] + dice.choice(SIGNS) * dice.choice([1, 1, 2, 1000]) + data[at:]


def _with_noise(data: bytes, dice: Random) -> bytes:
    at = dice.randint(0, len(data))
    return data[:at] + dice.randbytes(dice.choice([1, 16, 4096])) + data[at:]


def _twice(data: bytes, dice: Random) -> bytes:
    return data * dice.choice([2, 3])


BYTES: list[Callable[[bytes, Random], bytes]] = [_flipped, _cut, _without_a_piece, _with_signs, _with_noise, _twice, lambda data, dice: b""]


# ---------------------------------------------------------------- text


def _recoded(data: bytes, dice: Random) -> bytes:
    text = data.decode("utf-8-sig")
    half = len(text) // 2
    return dice.choice([
        text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("utf-16-be"), text.encode("gb18030"), text.encode("utf-32"), text.encode("utf-7"),
        text[:half].encode() + text[half:].encode("gb18030"), text[:half].encode("utf-16") + text[half:].encode(), text.encode("utf-16")[:-1],
        b"\xef\xbb\xbf" * 2 + text.encode(), text.encode("big5", "replace"),
    ])


def _other_line_ends(data: bytes, dice: Random) -> bytes:
    return data.replace(b"\n", dice.choice([b"\r\n", b"\r", b"\n\n", b"\n\r", b"\x0b", b"\xe2\x80\xa8", b""]))


def _line_moved(data: bytes, dice: Random) -> bytes:
    lines = data.split(b"\n")
    line = lines[dice.randrange(len(lines))]
    lines.insert(dice.randint(0, len(lines)), line if dice.random() < 0.7 else line + line)
    if dice.random() < 0.5:
        del lines[dice.randrange(len(lines))]
    return b"\n".join(lines)


def _cell_changed(data: bytes, dice: Random) -> bytes:
    rows = [line.split(",") for line in data.decode("utf-8-sig").split("\n")]
    row = dice.choice(rows[:-1] or rows)
    for _ in range(dice.choice([1, 1, 3])):
        cell = dice.choice(NASTY)
        row[dice.randrange(len(row))] = cell if dice.random() < 0.6 else '"' + cell.replace('"', '""') + '"'
    return "\n".join(map(",".join, rows)).encode()


def _column_changed(data: bytes, dice: Random) -> bytes:
    rows = [line.split(",") for line in data.decode("utf-8-sig").split("\n")]
    column, cell = dice.randrange(len(rows[0])), dice.choice(NASTY)
    for row in rows[1:]:
        if column < len(row):
            row[column] = cell
    return "\n".join(map(",".join, rows)).encode()


def _far_too_much(data: bytes, dice: Random) -> bytes:
    """Ten megabytes in a cell, a hundred thousand columns, a million lines."""
    head, end, rest = data.partition(b"\n")
    return dice.choice([
        lambda: head + end + b"x" * (10 << 20) + b"," + rest, lambda: head + end + b'"' + b"x\n" * (5 << 20) + b'",' + rest,
        lambda: head + b"".join(b",c%d" % number for number in range(100_000)) + end + rest, lambda: head + b"," * 100_000 + end + rest,
        lambda: head + end + rest + b"," * 100_000, lambda: data + b"\n" * (1 << 20), lambda: data + b'""\n' * (1 << 20), lambda: b"\n" * 100_000 + data,
        lambda: head + end + b'"' * (1 << 20) + rest, lambda: head + end + b"," * (4 << 20) + rest, lambda: data + b",\n" * (3 << 20),
    ])()


CSV = [_recoded, _other_line_ends, _line_moved, _cell_changed, _cell_changed, _cell_changed, _column_changed, _far_too_much]


# ---------------------------------------------------------------- TOML

NASTY_VALUES = [
    "0", "-1", "1", "1e400", "1e-400", "1E+999999999", "nan", "inf", "-inf", "0x" + "f" * 5000, "9" * 5000, "9223372036854775808", "1_000", "0.1", "0.005", "true",
    '""', "''", "[]", "{}", "[[[[1]]]]", "[" * 500 + "]" * 500, "{a=" * 200 + "1" + "}" * 200, "9999-12-31", "0001-01-01", "2024-02-30", "2024-06-30T00:00:00Z",
    "12:00:00", '"\\u0000"', '"\\u202e"', '"a\\"b"', '"\'"', '"{award"', '"{award}{x!r:>9999999999}"', '"{0.__class__}"', '"{{ 1 }}"', '"../../x"',
    '"award.__class__"', '"lambda: 1"', '"(" * 9', '"' + "(" * 300 + "1" + ")" * 300 + '"', '"' + "-" * 1000 + '1"', '"a\\nb"', '"#read(1)"', '"x; drop table y"',
    "99999999999", "100000000000000000", "0.000001", '"city"', '"claims"', '"select"', '"1.1"', '["a", 1]', '[""]', '"（）"', '"found(claimant)"', '"0 / 0"', '"1 / 0"',
    '"max(0, 1)"', '"days(1, 2)"', '"year(submitted_on)"', '"ａward"',
]
_VALUE = re.compile(r"""(?<== )("(?:[^"\\\n]|\\.)*"|[-\d.]+|true|false|\[[^\[\]\n]*\])""")


def _value_changed(data: bytes, dice: Random) -> bytes:
    text = data.decode()
    found = dice.choice([*_VALUE.finditer(text)])
    return (text[:found.start()] + dice.choice(NASTY_VALUES) + text[found.end():]).encode()


def _value_borrowed(data: bytes, dice: Random) -> bytes:
    text = data.decode()
    values = [*_VALUE.finditer(text)]
    found = dice.choice(values)
    return (text[:found.start()] + dice.choice(values).group() + text[found.end():]).encode()


def _key_changed(data: bytes, dice: Random) -> bytes:
    text = data.decode()
    found = dice.choice([*re.finditer(r"\b\w{1,60}(?= = )|(?<=\[)[\w.]+(?=\])", text)])
    return (text[:found.start()] + dice.choice(["x", "id", '"' + "k" * 300 + '"', '"../x"', '""', "a.b.c", "a" + ".a" * 4000, "__class__"]) + text[found.end():]).encode()


def _deep(data: bytes, dice: Random) -> bytes:
    return data + dice.choice([b"\nx = " + b"[" * 100_000, b"\nx = " + b"{a=" * 50_000, b"\n[" + b".".join([b"a"] * 60_000) + b"]\n", b"\n[[a]]" * 50_000, b"\nx = '''" + b"x" * (5 << 20),
                                   b"\nx = " + b"9" * 1_000_000, b"\n#" + b"x" * (2 << 20)])


TOML = [_recoded, _other_line_ends, _line_moved, _value_changed, _value_changed, _value_changed, _value_borrowed, _value_borrowed, _key_changed, _deep]


# ---------------------------------------------------------------- workbooks

_SHEET = "xl/worksheets/sheet1.xml"
_BOMB = re.compile(rb"(?s)(<\?xml[^>]*\?>)?(.*)")


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def _packed(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _part_damaged(data: bytes, dice: Random) -> bytes:
    parts = _parts(data)
    name = dice.choice([*parts])
    parts[name] = dice.choice(BYTES)(parts[name], dice)
    return _packed(parts)


def _part_lost(data: bytes, dice: Random) -> bytes:
    parts = _parts(data)
    name = dice.choice([*parts])
    content = parts.pop(name)
    if dice.random() < 0.5:
        parts[dice.choice(["../../../evil", "/etc/passwd", "xl/worksheets/sheet9.xml", name.upper()])] = content
    return _packed(parts)


def _text_changed(data: bytes, dice: Random) -> bytes:
    parts = _parts(data)
    name = "xl/sharedStrings.xml" if "xl/sharedStrings.xml" in parts else _SHEET
    text = parts[name].decode()
    found = dice.choice([*re.finditer(r"(?<=>)[^<>]*(?=</t>)", text)])
    parts[name] = (text[:found.start()] + escape(dice.choice(NASTY)) + text[found.end():]).encode("utf-8", "replace")
    return _packed(parts)


def _attribute_changed(data: bytes, dice: Random) -> bytes:
    parts = _parts(data)
    name = dice.choice([_SHEET, _SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"])
    text = parts[name].decode()
    found = dice.choice([*re.finditer(r'(?<==")[^"]*(?=")', text)])
    value = dice.choice(["XFD1048576", "A1:XFD1048576", "A0", "ZZZZ99999999999", "-1", "4294967295", "99999999999999999999", "", "s", "e", "b", "d", "x" * 1000, "1e9"])
    parts[name] = (text[:found.start()] + value + text[found.end():]).encode()
    return _packed(parts)


def _number_changed(data: bytes, dice: Random) -> bytes:
    parts = _parts(data)
    text = parts[_SHEET].decode()
    found = dice.choice([*re.finditer(r"<v>[^<]*</v>", text)])
    value = dice.choice(["-1", "1e308", "1e309", "NaN", "inf", "0", "99999999", "4294967296", "2958466", "-693594", "1e15", "0.1", "", "x", "TRUE", "44562.5"])
    kind = dice.choice(["", ' t="n"', ' t="d"', ' t="b"', ' t="e"', ' t="str"', ' s="1"', ' s="99999"'])
    text = text[:found.start()] + f"<v>{value}</v>" + text[found.end():]
    cell = text.rfind("<c ", 0, found.start())
    parts[_SHEET] = (text[:cell] + re.sub(r"<c (r=\"\w+\")[^>]*>", rf"<c \1{kind}>", text[cell:], count=1)).encode()
    return _packed(parts)


def _bomb(data: bytes, dice: Random) -> bytes:
    """Gigabytes in a few bytes, as a packed workbook can hold them, or as its XML can promise them."""
    parts = _parts(data)
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + number, b"&%c;" % (97 + number) * 10) for number in range(9)) + b"]>"
    sheet = parts[_SHEET]
    dice.choice([
        lambda: parts.update({"xl/sharedStrings.xml": b"<sst><si><t>" + b"a" * (300 << 20) + b"</t></si></sst>"}),
        lambda: parts.update({"xl/sharedStrings.xml": b"<sst>" + b"<si/>" * (40 << 20) + b"</sst>"}),
        lambda: parts.update({_SHEET: sheet.replace(b"<sheetData>", b"<sheetData>" + b"<row/>" * (30 << 20))}),
        lambda: parts.update({_SHEET: sheet.replace(b"<sheetData>", b"<sheetData><row>" + b"<c><v>1</v></c>" * (12 << 20) + b"</row>")}),
        lambda: parts.update({_SHEET: sheet.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')}),
        lambda: parts.update({_SHEET: sheet.replace(b"</sheetData>", b'<row r="60000"><c r="ZZ60000"><v>1</v></c></row></sheetData>')}),
        lambda: parts.update({_SHEET: b"<a>" * 1_000_000 + sheet}),
        lambda: parts.update({_SHEET: _BOMB.sub(lambda match: (match.group(1) or b"") + entities + match.group(2).replace(b"<v>0</v>", b"<v>&j;</v>"), sheet, count=1)}),
        lambda: parts.update({f"xl/worksheets/x{number}.xml": b"" for number in range(70_000)}),
    ])()
    return _packed(parts)


def _lying_size(data: bytes, dice: Random) -> bytes:
    """The directory tells other sizes than there are."""
    changed = bytearray(data)
    for signature, at in ((b"PK\x01\x02", 20), (b"PK\x03\x04", 18)):
        places = [found.start() for found in re.finditer(re.escape(signature), data)]
        if places:
            place = dice.choice(places) + at + dice.choice([0, 4])
            changed[place:place + 4] = dice.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\0\0\0", dice.randbytes(4)])
    return bytes(changed)


XLSX = [_part_damaged, _part_damaged, _part_lost, _text_changed, _text_changed, _text_changed, _attribute_changed, _attribute_changed, _number_changed, _bomb, _lying_size]
