"""The product as others get it: an sdist, a wheel made from it, and the lock file."""

import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import claims

ROOT = Path(__file__).parents[1]
SHIPPED = {"sql": "claims/_sql", "templates": "claims/_templates", "sample_data": "sample_data", "claims/policy": "claims/policy"}


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sdist_root(tmp_path_factory) -> Path:
    """The unpacked sdist."""
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    [archive] = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(sdist_root, tmp_path_factory) -> Path:
    """The wheel, built from the sdist: what is missing there cannot be in it."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=sdist_root)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The bin folder of a fresh environment: the wheel, and this environment's packages for what it depends on. No network."""
    environment = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=ROOT)
    python = environment / "bin" / "python"
    [site_packages] = environment.glob("lib/python*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", wheel, cwd=ROOT)
    return python.parent


def test_the_installed_command_runs_from_any_folder(installed, tmp_path):
    assert claims.__version__ in run(installed / "claims", "--version", cwd=tmp_path)


def test_the_installed_package_finds_its_own_files(installed, tmp_path):
    code = "import claims; from claims.resources import *; from sample_data import *; print(claims.__file__, template_dir(), SHIPPED_MONTH)"
    places = run(installed / "python", "-c", code, cwd=tmp_path).split()
    assert all(Path(place).is_relative_to(installed.parent) and Path(place).exists() for place in places)


@pytest.mark.long
def test_the_demonstration_runs_from_the_installed_wheel_in_any_folder(installed, tmp_path):
    printed = run(installed / "claims", "demo", cwd=tmp_path)
    out = tmp_path / "demo-workspace" / "out" / "demo"
    assert printed.splitlines()[-1].startswith("Open exceptions: ")
    decided = [row for row in (out / "decisions.csv").read_text("utf-8").splitlines()[1:] if ",exception," not in row]
    assert len(list((out / "letters").glob("*.pdf"))) == len(decided) > 200


@pytest.mark.parametrize("folder", SHIPPED)
def test_the_wheel_holds_every_file_of(folder, wheel):
    here = {path.relative_to(ROOT / folder).as_posix(): path.read_bytes() for path in (ROOT / folder).rglob("*") if is_source(path)}
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
        assert here and {f"{SHIPPED[folder]}/{name}" for name in here} <= packed
        assert all(archive.read(f"{SHIPPED[folder]}/{name}") == data for name, data in here.items())


def is_source(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def test_the_version_is_the_same_everywhere():
    assert project()["version"] == claims.__version__


def test_every_dependency_is_locked_with_hashes_and_no_index_of_its_own():
    lock = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^([a-z0-9-]+)==\S+.* \\\n    --hash=sha256:", lock, re.M)
    wanted = project()["dependencies"] + project()["optional-dependencies"]["dev"]
    assert {re.split("[<>=]", requirement)[0] for requirement in wanted} <= set(pins)
    assert "://" not in lock and "--find-links" not in lock and "@ file" not in lock


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
