"""The shim: compiled, loaded into a process before everything else, and armed by it."""

from __future__ import annotations

import ctypes
import os
import subprocess
from enum import IntEnum
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")


class Fault(IntEnum):
    """What happens at a durable act: nothing, an end by SIGKILL before it, an error in its place, a disk that is full from there on; or a halt before it
    and before each that follows."""

    none = 0
    kill = 1
    io_error = 2
    full_disk = 3
    stop = 4


def compiled(folder: Path) -> Path:
    """The shim as a library in a folder. Raises FileNotFoundError where there is no C compiler."""
    library = folder / "shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, SOURCE, "-ldl", "-lpthread"], check=True)
    return library


def arm(below: Path, fault: Fault, point: int, report: int, clock: int) -> None:
    """Let this very process fail at the durable act of that number on paths below a folder.

    `report` is the file descriptor to which acts are told, one a line; `clock` the time at which the process's clock stands still, in seconds since 1970.
    """
    shim = ctypes.CDLL(None)
    shim.shim_arm(os.fsencode(below), ctypes.c_long(point), ctypes.c_int(fault), ctypes.c_int(report), ctypes.c_long(clock))
