"""Pictures: one becomes a PDF of one page, so that all that comes after is the same for it.

Runs in a child.
"""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageOps

from folkmoot.servers.slides.kinds import NotTaken

PIXELS_MAX: Final = 60_000_000
SIDE_PIXELS_MAX: Final = 20_000
KEPT_PIXELS_MAX: Final = 4_096
"""Of the longer side in the PDF: larger is not shown."""

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")


def prepare() -> None:
    """Loads what reads these formats. Caller: before the process is confined."""
    Image.init()


def pdf_of(data: bytes) -> bytes:
    """Errors: `NotTaken`."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > PIXELS_MAX or max(width, height) > SIDE_PIXELS_MAX:
                raise NotTaken(
                    f"This picture has {width:,} × {height:,} pixels; "
                    f"it may have {PIXELS_MAX // 1_000_000} million, and no side "
                    f"more than {SIDE_PIXELS_MAX:,}."
                )
            # A JPEG is read at a fraction of its size where that is enough.
            image.draft("RGB", (KEPT_PIXELS_MAX, KEPT_PIXELS_MAX))
            image.load()
            return _written(_upright(image))
    except Image.DecompressionBombError as error:
        raise NotTaken("This picture has too many pixels.") from error
    except (OSError, SyntaxError, ValueError, IndexError, KeyError) as error:
        raise NotTaken("This picture is damaged and cannot be read.") from error


def _upright(image: Image.Image) -> Image.Image:
    """As cameras mean it, on white, and not larger than is shown."""
    turned = ImageOps.exif_transpose(image)
    turned.thumbnail((KEPT_PIXELS_MAX, KEPT_PIXELS_MAX), reducing_gap=2.0)
    seen = turned.convert("RGBA")
    ground = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(ground, seen).convert("RGB")


def _written(image: Image.Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "PDF", resolution=144.0, quality=92)
    return held.getvalue()
