"""Files that become slides, good and bad, made anew each time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

from PIL import Image

_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    f'xmlns:r="{_RELATION}"'
)


def pdf(
    texts: Sequence[str] = ("First", "Second", "Third"),
    *,
    width: int = 960,
    height: int = 540,
    turned: int = 0,
    encrypted: bool = False,
) -> bytes:
    """A PDF with one line of Latin letters a page."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    kids = []
    for text in texts:
        stream = f"BT /F1 48 Tf 72 {height - 120} Td ({text}) Tj ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Rotate {turned} "
            f"/Contents {len(objects)} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    trailer = f"<< /Size {len(objects) + 1} /Root 1 0 R"
    if encrypted:
        key = "41" * 32
        objects.append(f"<< /Filter /Standard /V 1 /R 2 /O <{key}> /U <{key}> /P -4 >>")
        trailer += f" /Encrypt {len(objects)} 0 R /ID [<41><41>]"
    return _written(objects, trailer + " >>")


def _written(objects: Sequence[str], trailer: str) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(out)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    return bytes(out + f"trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n".encode())


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            # Without the time of day: the same parts are the same file.
            kind = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), content, kind)
    return held.getvalue()


def pptx(
    notes: Sequence[str] = ("Smile.", "", "Breathe."), hidden: Sequence[int] = ()
) -> dict[str, str | bytes]:
    """The parts of a presentation, as far as its notes go; slides are counted from 1."""
    count = len(notes)
    slides = "".join(f'<p:sldId id="{255 + n}" r:id="r{n}"/>' for n in range(1, count + 1))
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "ppt/presentation.xml": (
            f"<p:presentation {_SPACES}><p:sldIdLst>{slides}</p:sldIdLst></p:presentation>"
        ),
        "ppt/_rels/presentation.xml.rels": _relations(
            [(f"r{n}", "slide", f"slides/slide{n}.xml") for n in range(1, count + 1)]
        ),
    }
    for n, text in enumerate(notes, 1):
        shown = ' show="0"' if n in hidden else ""
        parts[f"ppt/slides/slide{n}.xml"] = f"<p:sld {_SPACES}{shown}/>"
        if text:
            target = f"../notesSlides/n{n}.xml"
            parts[f"ppt/slides/_rels/slide{n}.xml.rels"] = _relations(
                [("r1", "notesSlide", target)]
            )
            lines = "".join(f"<a:p><a:r><a:t>{row}</a:t></a:r></a:p>" for row in text.split("\n"))
            parts[f"ppt/notesSlides/n{n}.xml"] = (
                f'<p:notes {_SPACES}><p:sp><p:nvPr><p:ph type="body"/></p:nvPr>{lines}</p:sp>'
                f'<p:sp><p:nvPr><p:ph type="sldNum"/></p:nvPr><a:p><a:t>{n}</a:t></a:p></p:sp>'
                "</p:notes>"
            )
    return parts


def _relations(rows: Sequence[tuple[str, str, str]]) -> str:
    inside = "".join(
        f'<Relationship Id="{id_}" Type="{_RELATION}/{kind}" Target="{target}"/>'
        for id_, kind, target in rows
    )
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{inside}</Relationships>"
    )


_ODF = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (
        ("office", "office"), ("draw", "drawing"), ("text", "text"), ("style", "style"),
        ("presentation", "presentation"), ("svg", "svg-compatible"), ("manifest", "manifest"),
        ("xlink", "xlink"),
    )
)  # fmt: skip
_ODP_TYPE = "application/vnd.oasis.opendocument.presentation"


def odp(titles: Sequence[str] = ("First", "Second"), extra: str = "") -> bytes:
    """A presentation that LibreOffice opens; each page has notes that name it."""
    pages = "".join(
        f'<draw:page draw:name="p{n}"><draw:frame svg:x="2cm" svg:y="2cm" svg:width="20cm" '
        f'svg:height="3cm"><draw:text-box><text:p>{title}</text:p></draw:text-box></draw:frame>'
        f'{extra}<presentation:notes><draw:frame presentation:class="notes" svg:width="14cm" '
        f'svg:height="9cm" svg:x="2cm" svg:y="12cm"><draw:text-box><text:p>Notes of {title}'
        f"</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>"
        for n, title in enumerate(titles, 1)
    )
    content = (
        f'<office:document-content {_ODF} office:version="1.3"><office:body><office:presentation>'
        f"{pages}</office:presentation></office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest {_ODF}><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="{_ODP_TYPE}"/><manifest:file-entry '
        'manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return zipped(
        {"mimetype": _ODP_TYPE, "content.xml": content, "META-INF/manifest.xml": manifest}
    )


def picture(width: int = 800, height: int = 600, kind: str = "PNG", mode: str = "RGB") -> bytes:
    held = io.BytesIO()
    Image.new(mode, (width, height), "teal" if mode == "RGB" else None).save(held, kind)
    return held.getvalue()
