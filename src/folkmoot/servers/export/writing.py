"""Writes one document in one format. In the child: imports what writes PDF and DOCX only for it."""

from __future__ import annotations

import sys

import msgspec

from folkmoot.servers.applications.confined import do_one_job
from folkmoot.servers.export import rich_html, rich_markdown
from folkmoot.servers.export.job import DocumentJob, MadeDocument
from folkmoot.servers.export.reading import pictures_of, read_rich, read_text


def write(job: DocumentJob) -> MadeDocument:
    """Errors: none that are the document's fault; the process may die instead."""
    if job.kind == "rich":
        nodes = read_rich(job.updates)
        if nodes is None:
            return MadeDocument(b"", readable=False)
        found = pictures_of(nodes)
        if job.names_only:
            return MadeDocument(b"", found)
        if job.format == "markdown":
            return MadeDocument(rich_markdown.rich_text(nodes).encode(), found)
        if job.format == "html":
            page = rich_html.rich_page(job.title, nodes, job.pictures)
            return MadeDocument(page.encode(), found)
        if job.format == "pdf":
            from folkmoot.servers.export import rich_pdf

            data = rich_pdf.rich_document(job.title, nodes, job.pictures, job.time_ms)
            return MadeDocument(data, found)
        from folkmoot.servers.export import rich_docx

        data = rich_docx.rich_document(job.title, nodes, job.pictures, job.time_ms)
        return MadeDocument(data, found)
    text = read_text(job.updates)
    if text is None:
        return MadeDocument(b"", readable=False)
    return MadeDocument(_text(job, text))


def _text(job: DocumentJob, text: str) -> bytes:
    if job.format == "html":
        return rich_html.text_page(job.title, text).encode()
    if job.format == "pdf":
        from folkmoot.servers.export import rich_pdf

        return rich_pdf.text_document(job.title, text, job.time_ms)
    if job.format == "docx":
        from folkmoot.servers.export import rich_docx

        return rich_docx.text_document(job.title, text, job.time_ms)
    return text.encode()


def run(arguments: list[str]) -> None:
    """What each of the children does, once it has imported what it needs."""

    def work(job: bytes) -> bytes:
        return msgspec.msgpack.encode(write(msgspec.msgpack.decode(job, type=DocumentJob)))

    do_one_job(arguments, work)


def main() -> None:
    run(sys.argv[1:])


if __name__ == "__main__":
    main()
