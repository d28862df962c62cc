"""The fonts that documents are written with on the server."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

SANS: Final = files("fontpkg_fira_sans") / "files"
MONO: Final = files("fontpkg_ibm_plex_mono") / "files"

_OF_SYSTEM: Final = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
)


def of_system() -> list[str]:
    """Those of the machine with signs that ours do not have, where Debian puts them."""
    return [path for path in _OF_SYSTEM if Path(path).exists()]
