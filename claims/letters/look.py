"""How the letters of a workspace look: the fonts of its own, and whether they are stamped; from its settings, the same for every letter that is drawn."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from claims.errors import InputRefused
from claims.files import make_folder
from claims.settings import LetterSettings, Settings
from claims.workspace import Workspace


@dataclass(frozen=True)
class Look:
    """`fonts` are families of the workspace's own font files by the part they play (fangsong, xiaobiaosong, kai, hei, song), `font_files` the files
    that hold them. `sealed`: the letters are stamped, which decides where issuer and date stand. `word_copies`: each has a copy for Word."""

    fonts: tuple[tuple[str, str], ...] = ()
    font_files: tuple[Path, ...] = ()
    sealed: bool = True
    word_copies: bool = False

    def for_page(self) -> str:
        """What the page layout needs of it, as JSON."""
        return json.dumps({"fonts": dict(self.fonts), "sealed": self.sealed}, ensure_ascii=False)


def look_of(workspace: Workspace, settings: Settings) -> Look:
    """The look that the settings of an event ask for, with the fonts as the vault has them: they are laid out in the scratch of the workspace."""
    folder = workspace.work / "fonts"
    for name, sha256 in settings.letters.font_files.items():
        make_folder(folder / sha256)
        shutil.copyfile(workspace.vault.path(sha256), folder / sha256 / name)
    return made_look(settings.letters, folder)


def made_look(settings: LetterSettings, folder: Path) -> Look:
    """The look that settings ask for, with the font files of a folder. Raises InputRefused for a family that none of them holds."""
    families = settings.families
    held = _families_of(folder) if families else {}
    if lacking := sorted(set(families.values()) - set(held)):
        raise InputRefused([
            f"{folder}: no font file holds the family “{family}” of [letters.fonts]; it holds {', '.join(sorted(held)) or 'none'}"
            for family in lacking])
    files = sorted({file for family in families.values() for file in held[family]})
    return Look(tuple(sorted(families.items())), tuple(files), settings.sealed, settings.word_copies)


def _families_of(folder: Path) -> dict[str, set[Path]]:
    """The files of a folder that hold each family, by the names that the page layout knows families by."""
    # imported here: it is wanted only where a workspace has fonts of its own
    import typst

    held: dict[str, set[Path]] = {}
    for font in typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)]).fonts():
        held.setdefault(font.family, set()).add(Path(font.path))
    return held
