"""How the letters of a workspace look: the fonts of its own, and whether they are stamped; from its settings, the same for every letter that is drawn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from claims.errors import InputRefused
from claims.settings import LetterSettings, load_settings
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


def look_of(workspace: Workspace) -> Look:
    """The look of a workspace's letters. Raises InputRefused where its settings name a font that its folder does not hold; whoever records something that
    has letters asks before."""
    return made_look(load_settings(workspace.settings).letters, workspace.root)


def made_look(settings: LetterSettings, root: Path) -> Look:
    """The look that settings ask for; a folder of fonts is found from `root`."""
    families = {part: family for part, family in settings.families.items() if family}
    held = _families_of(root / settings.font_folder) if families else {}
    if lacking := sorted(set(families.values()) - set(held)):
        raise InputRefused([
            f"{root / settings.font_folder}: no font file holds the family “{family}” of [letters.fonts]; it holds {', '.join(sorted(held)) or 'none'}"
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
