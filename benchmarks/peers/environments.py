"""An environment for each peer, made with venv and pip from requirements/PEER.txt and kept under build/bench/ until that file changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.measuring import ROOT

REQUIREMENTS = Path(__file__).parent / "requirements"
PLACE = ROOT / "build" / "bench"


def python_of(peer: str) -> str:
    """The Python that a peer runs in; this one where it needs no package."""
    requirements = REQUIREMENTS / f"{peer}.txt"
    if not requirements.exists():
        return sys.executable
    folder = PLACE / peer
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    if not installed.exists() or installed.read_bytes() != requirements.read_bytes():
        print(f"making {folder} (once)", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements], check=True)
        installed.write_bytes(requirements.read_bytes())
    return str(python)
