"""The verdict on an upload: what it is, whether it may be shared, and a small picture of it.

Runs in the child only: decoding a picture means running a library on bytes that came from anyone.
"""

from __future__ import annotations

import io
import zipfile
from typing import Final

from PIL import ExifTags, Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from folkmoot.protocol.limits import (
    DECK_BYTES_MAX,
    IMAGE_BYTES_MAX,
    IMAGE_PIXELS_MAX,
)
from folkmoot.servers.files import kinds
from folkmoot.servers.files.job import ExamineJob, NotTaken, Taken, Verdict
from folkmoot.servers.files.names import ending_of

PREVIEW_PIXELS: Final = (320, 240)
PREVIEW_QUALITY: Final = 75
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")

Image.preinit()
Image.init()
# Our own bound is asked before anything is decoded.
Image.MAX_IMAGE_PIXELS = None
PngImagePlugin.MAX_TEXT_CHUNK = 1 << 20
PngImagePlugin.MAX_TEXT_MEMORY = 1 << 20


def rehearse() -> None:
    """Judges a little of everything, so that all is loaded that libraries load when needed.

    Caller: before the child is confined, for afterwards it reads no file.
    """
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"x")
    samples = {"a.zip": held.getvalue(), "a.txt": b"text"}
    for kind in _FORMATS:
        for mode in ("RGBA", "P") if kind in ("PNG", "GIF", "WEBP") else ("RGB", "L", "CMYK"):
            image = Image.new(mode, (400, 300))
            turned = image.getexif()
            turned[ExifTags.Base.Orientation] = 6
            held = io.BytesIO()
            image.save(held, kind, exif=turned)
            samples[f"{mode}.{kind.lower()}"] = held.getvalue()
    for name, data in samples.items():
        judge(ExamineJob(name, "file", len(data), data, b""))


def judge(job: ExamineJob) -> Verdict:
    """Errors: none but those that end the child, which is an answer too."""
    ending = ending_of(job.name)
    try:
        found = kinds.type_of(job, ending)
    except kinds.Bomb:
        return NotTaken(
            "archive_bomb", "This archive would unpack to far more than it is. It was not shared."
        )
    if found == kinds.PROGRAM or ending in kinds.PROGRAM_ENDINGS:
        return NotTaken(
            "program", "Programs cannot be shared. Put it into an archive if people should have it."
        )
    if not kinds.fits(ending, found):
        return NotTaken(
            "mislabelled",
            f"The name ends in .{ending}, but the content is something else ({found}). Give it the"
            " ending that fits.",
        )
    refusal = _unfit(job, found)
    if refusal is not None:
        return refusal
    if found in kinds.PICTURES and job.tail == b"":
        return _picture(job, found)
    return Taken(found)


def _unfit(job: ExamineJob, found: str) -> NotTaken | None:
    """Why it cannot be used for what it was brought for."""
    if job.purpose == "image":
        if found not in kinds.PICTURES:
            return NotTaken("no_picture", "Only PNG, JPEG, GIF and WebP pictures can be put here.")
        if job.size_bytes > IMAGE_BYTES_MAX:
            return NotTaken("too_large", "The picture is too large: at most 20 MB.")
    if job.purpose == "deck":
        if found not in kinds.DECKS:
            return NotTaken(
                "no_deck",
                "Slides are made of PDF, PowerPoint, OpenDocument and Word files, and of pictures.",
            )
        if job.size_bytes > DECK_BYTES_MAX:
            return NotTaken("too_large", "The file is too large for slides: at most 100 MB.")
    if found in kinds.PICTURES and kinds.holds_another(job):
        return NotTaken("mixed", "This picture holds something else as well, so it was not shared.")
    return None


def _picture(job: ExamineJob, found: str) -> Verdict:
    """Decodes it once: what could not be shown is refused now rather than in everybody's page."""
    try:
        with Image.open(io.BytesIO(job.head), formats=_FORMATS) as image:
            width, height = image.size
            if width * height > IMAGE_PIXELS_MAX or max(width, height) > 1 << 16:
                return NotTaken(
                    "too_many_pixels",
                    f"The picture has {width} by {height} pixels; at most"
                    f" {IMAGE_PIXELS_MAX // 1_000_000} million can be shown.",
                )
            if Image.MIME.get(image.format or "") != found:
                return NotTaken("mislabelled", "This is not the kind of picture that it says.")
            image.draft("RGB", PREVIEW_PIXELS)
            image.load()
            return Taken(found, width, height, _preview(image))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        return NotTaken("damaged", "The picture is damaged and cannot be shown.")


def _preview(image: Image.Image) -> bytes:
    turned = ImageOps.exif_transpose(image) or image
    alpha = turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info
    turned.thumbnail(PREVIEW_PIXELS)
    held = io.BytesIO()
    turned.convert("RGBA" if alpha else "RGB").save(held, "WEBP", quality=PREVIEW_QUALITY)
    return held.getvalue()
