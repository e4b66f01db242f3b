"""openapi.json as a judge: whether an answer of the daemon is one that the document describes."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from support.gateway import ROOT
from support.raw_client import Response

FILE = ROOT / "src" / "server" / "web" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# Of HTTP itself, which the document need not tell.
PLAIN_HEADERS = {"date", "content-type", "content-length", "connection", "transfer-encoding", "trailer", "cache-control"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of each call."""
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def resolved(described: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in described:
        steps = described["$ref"].removeprefix("#/").split("/")
        described = functools.reduce(lambda place, step: place[step], steps, DOCUMENT)
    return described


def faults(value: Any, schema: dict[str, Any]) -> list[str]:
    """What keeps the value from being one that the schema allows; nothing when it is."""
    rooted = {**schema, "components": DOCUMENT["components"]}  # its references lead to the document's own components
    found = Draft202012Validator(rooted, format_checker=FormatChecker()).iter_errors(value)
    return [f"{error.json_path}: {error.message[:300]}" for error in found]


def component(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def response_for(method: str, path: str, status: int) -> dict[str, Any]:
    """The description that holds: of the status itself, else of its hundred, else of any other."""
    responses = DOCUMENT["paths"][path][method]["responses"]
    for key in (str(status), f"{status // 100}XX", "default"):
        if key in responses:
            return resolved(responses[key])
    raise AssertionError(f"{method} {path} describes no answer {status}")


def response_faults(method: str, path: str, response: Response) -> list[str]:
    """Every way in which an answer differs from what the document says of this call."""
    described = response_for(method, path, response.status)
    return [*header_faults(described, response), *body_faults(described, response)]


def header_faults(described: dict[str, Any], response: Response) -> list[str]:
    found = []
    told = {name: resolved(header) for name, header in described["headers"].items()}
    for name, _ in response.headers:
        if name.lower() not in told and name.lower() not in PLAIN_HEADERS:
            found.append(f"{name} is not described")
    for name, header in told.items():
        value = response.header(name)
        if value is None and header.get("required", False):
            found.append(f"{name} is missing")
        elif value is not None:
            found += [f"{name}: {fault}" for fault in faults(typed(value, header["schema"]), header["schema"])]
    return found


def typed(value: str, schema: dict[str, Any]) -> Any:
    """A header's value as its schema means it."""
    return int(value) if resolved(schema).get("type") == "integer" and value.isdecimal() else value


def body_faults(described: dict[str, Any], response: Response) -> list[str]:
    media_type = (response.header("content-type") or "").split(";")[0]
    content = described["content"].get(media_type)
    if content is None:
        return [f"content type {media_type!r} is none of {list(described['content'])}"]
    if media_type == "application/json":
        return faults(response.json(), content["schema"])
    if media_type == "text/event-stream":
        events = [json.loads(data) for data in response.datas() if data != "[DONE]"]
        return [fault for event in events for fault in faults(event, content["x-event-schema"])]
    if media_type.startswith("text/"):
        return faults(response.body.decode(), content["schema"])
    return [] if response.body else ["an empty body"]
