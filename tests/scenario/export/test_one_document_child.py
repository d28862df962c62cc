"""The real children that write documents: they need no file once they have given that up."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pycrdt
import pypdfium2
import pytest
from PIL import Image

from folkmoot.servers.export.job import DocumentJob, MadeDocument, Picture

CLOSED = """
import runpy, sys
from folkmoot.servers.applications import confined
real = confined.confine

def confine(*arguments, **more):
    real(*arguments, **more)
    def hook(event, told):
        if event == "open" and isinstance(told[0], (str, bytes)):
            raise PermissionError(f"it opened {told[0]!r}")
    sys.addaudithook(hook)

confined.confine = confine
runpy.run_module("folkmoot.servers.export.MODULE", run_name="__main__", alter_sys=True)
"""


def notes() -> bytes:
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    fragment = doc.get("content", type=pycrdt.XmlFragment)
    paragraph = pycrdt.XmlElement("paragraph", {}, [pycrdt.XmlText("Hello Łódź")])
    fragment.children.append(paragraph)
    fragment.children.append(pycrdt.XmlElement("image", {"file": "f1"}))
    return doc.get_update()


@pytest.mark.parametrize(("module", "format_"), [("pdf_child", "pdf"), ("docx_child", "docx")])
def test_a_child_without_files_writes_text_and_pictures(
    module: str, format_: str, tmp_path: Path
) -> None:
    (tmp_path / "closed_child.py").write_text(CLOSED.replace("MODULE", module))
    held = io.BytesIO()
    Image.new("RGB", (40, 20)).save(held, "PNG")
    pictures = {"f1": Picture("image/png", held.getvalue())}
    job = DocumentJob("rich", "Notes", 1_700_000_000_000, format_, [notes()], pictures)
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "closed_child", "60", str(2 << 30)],
        input=msgspec.msgpack.encode(job), capture_output=True, timeout=120, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )  # fmt: skip
    data = msgspec.msgpack.decode(ended.stdout, type=MadeDocument).data
    if format_ == "docx":
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            assert any(name.startswith("word/media/") for name in file.namelist())
            assert "Hello Łódź" in file.read("word/document.xml").decode()
        return
    document = pypdfium2.PdfDocument(data)
    page = document[0]
    assert "Hello Łódź" in page.get_textpage().get_text_range()
    assert any(part.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE for part in page.get_objects())
    document.close()
