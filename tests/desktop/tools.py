"""The programs of a desktop: a browser and an office suite, started without a screen. One that is missing fails the test and says what to install."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

LOOK = Path(__file__).with_name("look.js")
CLOSED = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"""
LOOKED_AT = CLOSED.replace("style-src", "script-src 'unsafe-inline'; style-src")
"""What a page may load: nothing; and while it is looked at, the script that looks besides. The browser's console tells of anything else."""
INSTALL = {
    "chromium": "apt install chromium (or google-chrome)", "soffice": "apt install libreoffice-calc", "pdftotext": "apt install poppler-utils",
    "fc-list": "apt install fontconfig fonts-noto-cjk",
}


def tool(*names: str) -> str:
    """The path of a program under one of its names."""
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.fail(f"{names[0]} is missing: {INSTALL[names[0]]}")


def require_chinese_font() -> None:
    """Without one a browser draws boxes for characters, and every width is another."""
    fonts = subprocess.run([tool("fc-list"), ":lang=zh"], capture_output=True, encoding="utf-8", check=True).stdout
    if not fonts.strip():
        pytest.fail(f"no Chinese font is installed: {INSTALL['fc-list']}")


def look(page: Path, width: int, scratch: Path) -> dict:
    """What a browser makes of a page in a window of a width; see look.js. Fails where the console tells anything."""
    beside = page.with_name(f".looked-at-{page.name}")  # beside the page, so that its links lead to the same places
    text = page.read_text(encoding="utf-8").replace(CLOSED, "").replace("<head>", f"<head>{LOOKED_AT}")
    beside.write_text(text.replace("</body>", f"<script>{LOOK.read_text(encoding='utf-8')}</script></body>"), encoding="utf-8")
    around = scratch / "around.html"
    around.write_text(
        "<pre id='told'></pre><script>addEventListener('message', event => { document.getElementById('told').textContent = event.data; });</script>"
        f"<iframe src='{beside.resolve().as_uri()}' width='{width}' height='900' style='border:0'></iframe>", encoding="utf-8")
    try:
        answer = chromium(scratch, f"--window-size={width + 40},960", "--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom", around)
    finally:
        beside.unlink()
    told = re.search(r'<pre id="told">(.*?)</pre>', answer.stdout, re.DOTALL)
    assert told and told.group(1), answer.stderr
    return json.loads(html.unescape(told.group(1))) | {"console": re.findall(r"CONSOLE.*", answer.stderr)}


def printed(page: Path, scratch: Path) -> Path:
    """A page printed to a PDF file, as the browser's print dialogue does it."""
    target = scratch / f"{page.stem}.pdf"
    chromium(scratch, "--no-pdf-header-footer", f"--print-to-pdf={target}", page)
    return target


def chromium(scratch: Path, *arguments: object) -> subprocess.CompletedProcess:
    """Start the browser on a page."""
    *options, page = arguments
    command = [tool("chromium", "chromium-browser", "google-chrome"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-extensions",
               f"--user-data-dir={scratch / 'browser'}", *map(str, options), Path(page).resolve().as_uri()]
    answer = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300)
    assert answer.returncode == 0, answer.stderr
    return answer


def boxes(pdf: Path) -> tuple[list[tuple[float, float]], list[tuple[int, float, float, float, float, str]]]:
    """The sizes of a PDF file's pages, and its words with page and box (left, top, right, bottom), in points."""
    answer = subprocess.run([tool("pdftotext"), "-bbox", str(pdf), "-"], capture_output=True, encoding="utf-8", check=True).stdout
    sizes, words = [], []
    for line in answer.splitlines():
        if found := re.search(r'<page width="([\d.]+)" height="([\d.]+)"', line):
            sizes.append((float(found[1]), float(found[2])))
        elif found := re.search(r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*)</word>', line):
            words.append((len(sizes), *map(float, found.groups()[:4]), html.unescape(found[5])))
    return sizes, words


def converted(file: Path, kind: str, scratch: Path) -> Path:
    """A workbook as LibreOffice saves it in another format, computed anew."""
    command = [tool("soffice", "libreoffice"), f"-env:UserInstallation={(scratch / 'office').resolve().as_uri()}", "--headless", "--convert-to", kind,
               "--outdir", str(scratch / "converted"), str(file)]
    answer = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300)
    target = scratch / "converted" / f"{file.stem}.{kind.partition(':')[0]}"
    assert answer.returncode == 0 and target.exists(), answer.stderr + answer.stdout
    return target
