"""A daemon in front of every kind of provider, and its answers held against openapi.json."""

from __future__ import annotations

from typing import Any

from support.case import GatewayCase, recording
from support.raw_client import Response
from support.registry import World, agreement, dollars, failover_world, hosts, model

from e2e.described import DOCUMENT, faults, resolved, response_faults

FORM = "multipart/form-data"


def every_modality() -> World:
    """Hosts of chat, vision and embeddings, two of each other modality, and each kind of provider that a rule excludes."""
    world = failover_world()
    hosts(world, ("hearing-1", "hearing-2"), ("azure_speech_stt", "openai"), "whisper-a", "stt")
    hosts(world, ("voice-1", "voice-2"), ("azure_speech_tts", "openai"), "voice-a", "tts")
    hosts(world, ("reader-1", "reader-2"), ("azure_document_intelligence", "mistral"), "ocr-a", "ocr")
    world.provider(
        "swiss",
        {"model-s": model("chat", price=dollars(0, 0), features=["tools"], context_length=1000)},
        country="CH",
        regions=["CH"],
        headquarters="CH",
        agreements=[agreement(["CH"], ["chat"])],
        resident_of="CH",
    )
    world.provider("anywhere", {"model-a": model()}, country="global", regions=["WORLD"], trains_on_data=None)
    dear = {"model-a": model(price=dollars(1000, 1000))}
    world.provider("keeper", dear, headquarters="US", trains_on_data=None, provider={"retention_days": 30})
    world.provider("switched-off", dear, provider={"enabled": False})
    world.alias("model", "model-a", "model-s")
    return world


class DescribedCase(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        return every_modality()

    def assert_described(self, method: str, path: str, response: Response, status: int = 200) -> None:
        self.assertEqual(response.status, status, response.body[:600])
        self.assertEqual(response_faults(method, path, response), [])

    def asked(self, method: str, path: str, body: Any = None, **options: Any) -> Response:
        """`path` as the document has it. A form's `body` is its fields; the recording comes along."""
        target = path.format(id=options.pop("id", "model-a"))
        if body is None:
            return self.gateway.request(method.upper(), target, self.told(None, None, options.get("headers", ())))
        if FORM in request_content(path):
            sent = recording(**body)
            headers = [*sent.headers, *options.pop("headers", ())]
            return self.post(target, sent.body, headers=headers, **options)
        return self.post(target, body, **options)


def request_content(path: str) -> dict[str, Any]:
    """The media types of a call's body, with their schemas."""
    return DOCUMENT["paths"][path].get("post", {}).get("requestBody", {}).get("content", {})


def request_faults(path: str, body: Any) -> list[str]:
    """What the document has against a body. A recording is no JSON: of a form it judges the other fields."""
    content = request_content(path)
    if FORM not in content:
        return faults(body, content["application/json"]["schema"])
    fields = resolved(content[FORM]["schema"])["properties"]
    unknown = [f"{name} is no field" for name in body if name not in fields]
    return unknown + [fault for name in body if name in fields for fault in faults(body[name], fields[name])]
