"""The demo's coverage is the shipped registry's: each modality, in each region, for each class, served or refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from support.case import CHAT, EMBEDDINGS, OCR, SPEECH, TRANSCRIPTIONS, encoded
from support.multipart import field, file, form
from support.raw_client import Connection, Response

from e2e import media
from e2e.demo import DemoCase
from e2e.media_case import LETTER, LOOK, SPEAKING

HELLO = [{"role": "user", "content": "hello"}]
HEARD = form(field("model", "auto"), file("file", "speech.wav", media.recording(), "audio/wav"))
JSON = "application/json"
REQUESTS: dict[str, tuple[str, str, Any]] = {
    "chat": (CHAT, JSON, {"model": "auto", "messages": HELLO}),
    "vision": (CHAT, JSON, {"model": "auto", "messages": LOOK}),
    "embeddings": (EMBEDDINGS, JSON, {"model": "auto", "input": "hello " * 100}),
    "ocr": (OCR, JSON, {"model": "auto", "document": LETTER}),
    "stt": (TRANSCRIPTIONS, HEARD.content_type, HEARD.body),
    "tts": (SPEECH, JSON, {**SPEAKING, "model": "auto"}),
}
REGIONS = ("CH", "EU", "US", "UK", "ASIA", "ANZ", "LATAM", "MENA", "INDIA", "WORLD")
# Where each is offered at all, and where for protected health information.
OFFERED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "chat": (REGIONS, ("CH", "EU")),
    "vision": (("CH", "EU"), ("CH", "EU")),
    "embeddings": (("CH", "EU"), ("CH", "EU")),
    "ocr": (("CH", "EU", "US"), ("CH", "EU", "US")),
    "stt": (("CH", "EU", "US"), ("CH", "EU", "US")),
    "tts": (("CH", "EU", "US"), ("CH", "EU", "US")),
}
RESIDENTS = {"CH": "infomaniak", "EU": "scaleway", "US": "together"}  # everywhere else: google
ALIASES = {
    "gemma-4": ("chat", {"CH": "gemma-4-31b", "EU": "gemma-4-26b-a4b"}),
    "qwen3.5": ("chat", dict.fromkeys(("CH", "EU", "US"), "qwen3.5-397b-a17b")),
    "qwen3-embedding-8b": ("embeddings", dict.fromkeys(("CH", "EU"), "qwen3-embedding-8b-4096")),
    "whisper": ("stt", {"CH": "whisper-1", "EU": "azure-fast-transcription", "US": "azure-fast-transcription"}),
}
# What an answer must hold: a proof that the very file was read, the picture seen, and the vector is the model's.
PROOFS: dict[str, Callable[[bytes], bool]] = {
    "chat": lambda body: b"received: hello" in body,
    "vision": lambda body: b"received and 1 image: " in body,
    "embeddings": lambda body: [len(one["embedding"]) for one in json.loads(body)["data"]] == [4096],
    "ocr": lambda body: f"sha256 {media.digest(media.letter())[:12]}".encode() in body,
    "stt": lambda body: f"sha256 {media.digest(media.recording())[:12]}".encode() in body,
    "tts": lambda body: body.startswith(b"ID3"),
}
# Of whatever is served above, in the registry's own currencies: a million tokens in and out.
USD, EUR, CHF = Fraction(1), Fraction("1.08"), Fraction("1.10")
TOKENS: dict[str, tuple[Fraction, str, str]] = {
    "infomaniak/nemotron-3-nano-30b-a3b": (CHF, "0.05", "0.20"),
    "infomaniak/gemma-4-31b": (CHF, "0.20", "0.40"),
    "infomaniak/qwen3-embedding-8b-4096": (USD, "0.08", "0"),
    "scaleway/mistral-small-3.2-24b-instruct-2506": (EUR, "0.15", "0.35"),
    "scaleway/qwen3-embedding-8b-4096": (EUR, "0.10", "0"),
    "together/gemma-3n-e4b": (USD, "0.06", "0.12"),
    "google/gemini-2.5-flash-lite": (USD, "0.10", "0.40"),
}
MINUTE: dict[str, Fraction] = {
    "azure/whisper-1": Fraction("0.006"),
    "azure/azure-fast-transcription": Fraction("0.006"),
    "scaleway/whisper-large-v3": EUR * Fraction("0.003"),
    "together/whisper-large-v3": Fraction("0.0015"),
}
PAGE, CHARACTER = Fraction("0.01"), Fraction(15, 10**6)  # Azure's


def cost(modality: str, served_by: str, body: bytes) -> int:
    """In micro-USD, by what the answer itself says was used; speech says nothing and goes by its characters."""
    if modality == "tts":
        dollars = len(SPEAKING["input"]) * CHARACTER
    elif modality == "ocr":
        dollars = json.loads(body)["usage_info"]["pages_processed"] * PAGE
    elif modality == "stt":
        dollars = Fraction(json.loads(body)["usage"]["seconds"], 60) * MINUTE[served_by]
    else:
        used = json.loads(body)["usage"]
        currency, given, made = TOKENS[served_by]
        tokens = used["prompt_tokens"] * Fraction(given) + used.get("completion_tokens", 0) * Fraction(made)
        dollars = currency * tokens / 10**6
    return math.floor(dollars * 10**6 + Fraction(1, 2))


def due(modality: str, region: str, phi: bool) -> tuple[int, str | None]:
    """The status, and the error's code."""
    offered, for_phi = OFFERED[modality]
    if region not in offered:
        return 422, "no_route"
    return (403, "phi_blocked") if phi and region not in for_phi else (200, None)


class EveryModality(DemoCase):
    def send(self, modality: str, region: str, phi: bool, model: str | None = None) -> Response:
        path, media_type, body = REQUESTS[modality]
        if model is not None and modality == "stt":
            body = body.replace(b"\r\n\r\nauto\r\n", f"\r\n\r\n{model}\r\n".encode(), 1)
        elif model is not None:
            body = {**body, "model": model}
        headers = [("Content-Type", media_type), ("X-Region", region), ("X-PHI", str(phi).lower())]
        with Connection("127.0.0.1", 8080) as connection:
            return connection.request("POST", path, headers, encoded(body))

    def test_each_is_served_where_it_is_offered_and_refused_elsewhere(self) -> None:
        demo = self.start()
        for modality in REQUESTS:
            for region in REGIONS:
                for phi in (False, True):
                    with self.subTest(modality, region=region, phi=phi):
                        self.assert_as_promised(modality, region, phi, self.send(modality, region, phi))
        for alias, (modality, resolved) in ALIASES.items():
            for region, model in resolved.items():
                with self.subTest(alias, region=region):
                    routed = self.send(modality, region, False, alias).header("x-phi-routed")
                    self.assertEqual(routed, f"{model}/{region}/general")
        self.end(demo)

    def assert_as_promised(self, modality: str, region: str, phi: bool, response: Response) -> None:
        status, code = due(modality, region, phi)
        self.assertEqual(response.status, status, response.body[:400])
        self.assertEqual(response.header("x-phi-tier"), "phi" if phi else "non_phi")
        if code is not None:
            self.assertEqual(response.json()["error"]["code"], code)
            self.assertIsNone(response.header("x-phi-attempts"))
            return
        self.assertTrue(PROOFS[modality](response.body), response.body[:400])
        model, *where = (response.header("x-phi-routed") or "").split("/")
        self.assertEqual(where, [region, "phi" if phi else "general"])
        served_by = f"{response.header('x-provider-slug')}/{model}"
        self.assertEqual(response.header("x-phi-cost-micro"), str(cost(modality, served_by, response.body)))
        self.assertGreater(cost(modality, served_by, response.body), 0)
        if phi and modality in ("ocr", "tts"):
            self.assertEqual(response.header("x-provider-slug"), "azure")
        if modality == "chat":
            self.assertEqual(response.header("x-provider-slug"), RESIDENTS.get(region, "google"))
