"""What Azure's layout model says of a document: its content in one piece, and where in it each page, table and figure stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from .reading import Document

INDEX_TYPES = ("textElements", "unicodeCodePoint", "utf16CodeUnit")
BREAK = "\n\n<!-- PageBreak -->\n\n"
ILLUSTRATED = 2  # the page that has a table and a figure
CELLS = (("Größe", "🧪"), ("<3", "1 & 2"))
TABLE = (
    "<table>\n<tr>\n<th>Größe</th>\n<th>🧪</th>\n</tr>\n<tr>\n<td>&lt;3</td>\n<td>1 &amp; 2</td>\n</tr>\n</table>"
)
FIGURE = "<figure>\n\nAbbildung 1 👋\n\n</figure>"


def result(
    name: str,
    document: Document,
    wanted: list[int],
    *,
    model: str,
    version: str,
    is_markdown: bool,
    index_type: str,
) -> dict[str, Any]:
    """The analyzeResult; `wanted` are the numbers of pages, from 1 on."""
    texts = [framed(name, document, number, is_markdown) for number in wanted]
    content = (BREAK if is_markdown else "\n").join(texts)
    pages, tables, figures, before = [], [], [], 0
    for number, text in zip(wanted, texts, strict=True):
        begin = content.index(text, before)
        before = begin + len(text)
        pages.append(page(number, content, begin, before, document, index_type))
        for found in (match.span() for match in re.finditer(re.escape(TABLE), text)):
            tables.append(table(number, span(content, begin + found[0], begin + found[1], index_type)))
        for found in (match.span() for match in re.finditer(re.escape(FIGURE), text)):
            told = span(content, begin + found[0], begin + found[1], index_type)
            figures.append({"id": f"{number}.1", "boundingRegions": [region(number)], "spans": [told]})
    return {
        "apiVersion": version,
        "modelId": model,
        "stringIndexType": index_type,
        "contentFormat": "markdown" if is_markdown else "text",
        "content": content,
        "pages": pages,
        "paragraphs": [],
        "tables": tables,
        "figures": figures,
        "sections": [],
    }


def markdown(name: str, document: Document, number: int) -> str:
    """One page without what frames it."""
    text = document.page(name, number)
    return f"{text}\n\n{TABLE}\n\n{FIGURE}" if number == ILLUSTRATED else text


def framed(name: str, document: Document, number: int, is_markdown: bool) -> str:
    if not is_markdown:
        return document.page(name, number)
    text = markdown(name, document, number)
    return f'<!-- PageHeader="Kopf {number}" -->\n\n{text}\n\n<!-- PageFooter="Fuß {number}" -->\n<!-- PageNumber="{number}" -->'


def page(number: int, content: str, begin: int, end: int, document: Document, index_type: str) -> dict[str, Any]:
    """Of Office documents and HTML neither lines nor a size are known."""
    told: dict[str, Any] = {"pageNumber": number, "spans": [span(content, begin, end, index_type)], "words": []}
    if document.is_flowing:
        return told
    size = (1700, 2200, "pixel") if document.is_picture else (8.5, 11, "inch")
    lines = [{"content": content[a:b], "spans": [span(content, a, b, index_type)]} for a, b in lines_of(content, begin, end)]
    return told | {"angle": 0, "width": size[0], "height": size[1], "unit": size[2], "lines": lines}


def lines_of(content: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Where each line of the text itself begins and ends, markup left out."""
    for match in re.finditer(r"[^\n]+", content[begin:end]):
        if not match[0].startswith("<"):
            yield begin + match.start(), begin + match.end()


def table(number: int, told: dict[str, int]) -> dict[str, Any]:
    cells = [
        {"rowIndex": row, "columnIndex": column, "content": text}
        for row, line in enumerate(CELLS)
        for column, text in enumerate(line)
    ]
    return {"rowCount": 2, "columnCount": 2, "cells": cells, "boundingRegions": [region(number)], "spans": [told]}


def region(number: int) -> dict[str, Any]:
    return {"pageNumber": number, "polygon": [1, 1, 7, 1, 7, 2, 1, 2]}


def span(content: str, begin: int, end: int, index_type: str) -> dict[str, int]:
    """A stretch of the content in the units that were asked for."""
    return {"offset": length(content[:begin], index_type), "length": length(content[begin:end], index_type)}


def length(text: str, index_type: str) -> int:
    """In the units that were asked for; those that are usual are what a reader takes for one character."""
    if index_type == "unicodeCodePoint":
        return len(text)
    if index_type == "utf16CodeUnit":
        return len(text.encode("utf-16-le")) // 2
    joined = re.sub(r".\u200d", "", text)
    return sum(not unicodedata.combining(one) and not 0x1F3FB <= ord(one) <= 0x1F3FF for one in joined)
