"""The child that writes PDF: `python -m folkmoot.servers.export.pdf_child CPU_S MEMORY_BYTES`.

All that it may need is imported, and once used, before it gives up its files.
"""

from __future__ import annotations

import io
import sys

from PIL import Image

from folkmoot.servers.export import rich_pdf, writing
from folkmoot.servers.export.job import Picture
from folkmoot.servers.export.markdown import Node


def warm() -> None:
    """Writes a table and a picture of each sort, for what that loads."""
    cell = Node("tableCell", {}, [Node("paragraph", {}, [Node("", {}, (), [("x", {})])])])
    nodes = [Node("table", {}, [Node("tableRow", {}, [cell])])]
    pictures = {}
    for format_, mode in (("PNG", "RGBA"), ("JPEG", "RGB"), ("GIF", "P"), ("WEBP", "RGBA")):
        held = io.BytesIO()
        Image.new(mode, (2, 2)).save(held, format_)
        pictures[format_] = Picture(f"image/{format_.lower()}", held.getvalue())
        nodes.append(Node("image", {"file": format_}))
    rich_pdf.rich_document("", nodes, pictures, 0)
    rich_pdf.renew()


if __name__ == "__main__":
    warm()
    writing.run(sys.argv[1:])
