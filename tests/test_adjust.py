"""Corrections of decided claims: shown, agreed by two people, counted net, told in letters, and never by changing what was decided."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from pipelines.adjust import Who, show_difference
from tests.settle import CASES, settle

