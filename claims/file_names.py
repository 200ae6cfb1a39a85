"""What the record may name as a part of a path: a workspace can come from elsewhere, with a journal whose chain was made to fit.

Nothing is narrower here than what commands take: a name of a file may hold whatever a file system lets it hold.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from claims.errors import RecordBroken

_FILE_NAME = r"^(?!\.\.?$)[^/\0]+$"
FileName = Annotated[str, msgspec.Meta(pattern=_FILE_NAME)]
"""One file or folder: the label of a run, a month, the id of a claim or of a policy."""
PathWithin = Annotated[str, msgspec.Meta(pattern=r"(?s)^(?!(.*/)?\.{0,2}(/|$))[^\0]+$")]
"""A path below a folder, no part of which leads up or nowhere: a file that was taken in, a folder of letters."""
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""A SHA-256: where the vault has the file."""
_UNFIT = re.compile(r"Expected `str` matching regex '.*'(?= - at `)")


def recorded_name(name: str) -> str:
    """An id that a result in the vault holds, as the name of a file or folder. Raises RecordBroken for one that leads elsewhere."""
    if not re.search(_FILE_NAME, name):
        raise RecordBroken(f"{ascii(name)[:80]} is recorded as an id after which a file is named, and leads outside its folder. Restore the workspace from a backup.")
    return name


def why_unfit(error: Exception) -> str:
    """What does not fit its shape, where that is a name in words."""
    return _UNFIT.sub("a name that leads elsewhere, or no SHA-256", str(error))
