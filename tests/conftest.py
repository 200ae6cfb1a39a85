"""How the tests are shared out: each worker has a stretch of them, so that what a module sets up is set up once, and takes over what others have not begun."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    if config.option.numprocesses and config.option.dist == "no":
        config.option.dist = "worksteal"
