"""The child that writes DOCX: `python -m folkmoot.servers.export.docx_child CPU_S MEMORY_BYTES`.

All that it may need is imported, and once used, before it gives up its files.
"""

from __future__ import annotations

import sys

from folkmoot.servers.export import rich_docx, writing
from folkmoot.servers.export.markdown import Node

if __name__ == "__main__":
    rich_docx.rich_document("", [Node("paragraph", {}, [Node("", {}, (), [("x", {})])])], {}, 0)
    writing.run(sys.argv[1:])
