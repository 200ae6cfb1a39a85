"""What the record may name as a part of a path: a workspace can come from elsewhere, with a journal whose chain was made to fit.

Nothing is narrower here than what commands take: a name of a file may hold whatever a file system lets it hold.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

FileName = Annotated[str, msgspec.Meta(pattern=r"^(?!\.\.?$)[^/\0]+$")]
"""One file or folder: the label of a run, a month, the id of a claim or of a policy."""
PathWithin = Annotated[str, msgspec.Meta(pattern=r"(?s)^(?!(.*/)?\.{0,2}(/|$))[^\0]+$")]
"""A path below a folder, no part of which leads up or nowhere: a file that was taken in, a folder of letters."""
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""A SHA-256: where the vault has the file."""
_UNFIT = re.compile(r"Expected `str` matching regex '.*'(?= - at `)")


def why_unfit(error: msgspec.MsgspecError) -> str:
    """What does not fit its shape, where that is a name in words."""
    return _UNFIT.sub("a name that leads elsewhere, or no SHA-256", str(error))
