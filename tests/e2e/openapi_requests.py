"""Requests for every call of the document: those that succeed, and those that are refused, each for its reason."""

from __future__ import annotations

import json
from typing import Any

from support.case import document, image_question, question, spoken

CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"
STT, TTS, OCR = "/v1/audio/transcriptions", "/v1/audio/speech", "/v1/ocr"
EXPLAIN, MODELS, MODEL = "/v1/route/explain", "/v1/models", "/v1/models/{id}"
EMBED = {"model": "embed-a", "input": ["a", "b"]}
BY = [{"provider": {"only": [slug]}} for slug in ("hearing-1", "hearing-2", "voice-1", "voice-2", "reader-1", "reader-2")]

# Path and body of requests that succeed; for a form its fields.
POSTED: tuple[tuple[str, dict[str, Any]], ...] = (
    (CHAT, question()),
    (CHAT, image_question()),
    (CHAT, question(model="model:floor", provider={"ignore": ["first"], "max_price": {"prompt": 100}})),
    (CHAT, question(tools=[{"type": "function", "function": {"name": "f"}}], response_format={"type": "text"})),
    (EMBEDDINGS, EMBED),
    (EMBEDDINGS, {**EMBED, "encoding_format": "base64"}),
    (EMBEDDINGS, {**EMBED, "input": [1, 2, 3]}),
    *((STT, {"response_format": form}) for form in ("json", "text", "srt", "vtt", "verbose_json")),
    (STT, {"provider": json.dumps(BY[1]["provider"]), "language": "de", "prompt": "names"}),
    (TTS, spoken()),
    *((TTS, spoken(response_format=form, **BY[2])) for form in ("mp3", "opus", "wav", "pcm")),
    *((TTS, spoken(response_format=form, **BY[3])) for form in ("mp3", "opus", "aac", "flac", "wav", "pcm")),
    (OCR, document(**BY[4])),
    (OCR, document(pages=[0], include_image_base64=False, **BY[5])),
    (EXPLAIN, question()),
    (EXPLAIN, {"model": "whisper-a", "modality": "stt"}),
    (EXPLAIN, question(model="nobody-has-it")),
    (EXPLAIN, question(provider={"data_residency": "de"})),
    (EXPLAIN, question(model="model-s")),
    (EXPLAIN, question(model="model-s", provider={"order": ["swiss"]})),
)
FETCHED = (MODELS, MODEL, "/vendors", "/healthz", "/readyz", "/metrics", "/openapi.json")

# Code and body of requests that are refused for what they are: the document refuses them too.
BADLY_FORMED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("missing_model", CHAT, {"messages": []}),
    ("missing_model", OCR, {"document": {"image_url": "https://a.test/a.png"}}),
    ("invalid_variant", CHAT, question(model="model-a:best")),
    ("invalid_request", CHAT, {"model": "model-a"}),
    ("invalid_request", CHAT, {"model": "model-a", "messages": []}),
    ("invalid_request", CHAT, question(stream="yes")),
    ("invalid_request", CHAT, question(stream_options={"include_usage": 1})),
    ("invalid_request", EMBEDDINGS, {**EMBED, "input": []}),
    ("invalid_request", EMBEDDINGS, {**EMBED, "encoding_format": "hex"}),
    ("invalid_request", EMBEDDINGS, {**EMBED, "dimensions": 0}),
    ("invalid_request", TTS, spoken("")),
    ("invalid_request", TTS, spoken("x" * 4097)),
    ("invalid_request", TTS, spoken(speed=4.5)),
    ("invalid_request", TTS, spoken(response_format="au")),
    ("invalid_request", TTS, spoken(voice="")),
    ("invalid_request", TTS, spoken(stream_format="json")),
    ("invalid_request", OCR, {"model": "ocr-a"}),
    ("invalid_request", OCR, {"model": "ocr-a", "document": {}}),
    ("invalid_request", OCR, {"model": "ocr-a", "document": {"document_url": "ftp://a.test/a"}}),
    ("invalid_request", OCR, document(pages=[])),
    ("invalid_request", OCR, document(pages=[2000])),
    ("invalid_request", OCR, document(include_image_base64="yes")),
    ("invalid_request", STT, {"response_format": "xml"}),
    ("invalid_request", STT, {"nonsense": "1"}),
    ("misplaced_preference", CHAT, question(order=["first"])),
    ("misplaced_preference", EMBEDDINGS, {**EMBED, "region": "CH"}),
    ("misplaced_preference", TTS, spoken(x_phi=True)),
    ("misplaced_preference", OCR, document(zdr=True)),
    ("invalid_provider_preferences", CHAT, question(provider=None)),
    ("invalid_provider_preferences", TTS, spoken(provider={"onyl": ["voice-1"]})),
)
# Those that only the gateway can refuse: status, code, path, body and headers.
REFUSED: tuple[tuple[int, str, str, Any, list[tuple[str, str]]], ...] = (
    (400, "invalid_region", CHAT, question(), [("X-Region", "nowhere")]),
    (400, "invalid_phi", TTS, spoken(), [("X-PHI", "maybe")]),
    (400, "unknown_policy_header", OCR, document(), [("X-Phi-Mode", "1")]),
    (400, "invalid_json", CHAT, b"{", []),
    (400, "ambiguous_body", EMBEDDINGS, b'{"model":"embed-a","model":"embed-a","input":"a"}', []),
    (400, "invalid_provider_preferences", CHAT, question(provider={"ignore": ["nobody"]}), []),
    (400, "unsupported_parameter", CHAT, question(store=True), [("X-PHI", "true"), ("X-Region", "CH")]),
    (400, "unsupported_parameter", TTS, spoken(voice="nobody", **BY[2]), []),
    (403, "phi_blocked", CHAT, question(), [("X-PHI", "true")]),
    (403, "phi_blocked", STT, {}, [("X-PHI", "true")]),
    (404, "model_not_found", CHAT, question(model="nobody-has-it"), []),
    (404, "model_not_found", OCR, document(model="nobody-has-it"), []),
    (415, "unsupported_media_type", CHAT, question(), [("Content-Type", "text/plain")]),
    (415, "unsupported_media_type", EXPLAIN, question(), [("Content-Encoding", "gzip"), ("Content-Type", "application/json")]),
    (422, "no_route", CHAT, question(), [("X-Region", "INDIA")]),
    (422, "no_route", TTS, spoken(), [("X-Region", "CH")]),
    (400, "invalid_json", EXPLAIN, b"[", []),
)

# Bodies and headers that have routes excluded, each for a reason of its own.
EXCLUDING: tuple[tuple[dict[str, Any], list[tuple[str, str]]], ...] = (
    (question(), [("X-PHI", "true")]),
    (question(model="model-s"), []),
    (question(model="model-a:free"), []),
    (question(provider={"only": ["first"]}), []),
    (question(provider={"ignore": ["first"]}), []),
    (question(provider={"data_residency": "de"}), []),
    (question(provider={"eu_owned": True}), []),
    (question(provider={"max_retention_days": 29}), []),
    (question(provider={"data_collection": "deny"}), []),
    (question(provider={"max_price": {"prompt": 1}}), []),
    (question(provider={"require_parameters": True}, tools=[{"type": "function"}]), []),
    (question(provider={"allow_fallbacks": False}), []),
)

# Values of `provider`.
GOOD_PREFERENCES: tuple[dict[str, Any], ...] = (
    {},
    {"order": [], "ignore": [], "max_price": {}},
    {"order": ["second", "first"], "only": ["first", "second"], "ignore": ["third"], "allow_fallbacks": False},
    {"sort": "price"},
    {"sort": "latency"},
    {"sort": "throughput"},
    {"data_residency": "EU"},
    {"data_residency": "eea"},
    {"data_residency": "uk", "eu_owned": True},
    {"max_retention_days": 0, "data_collection": "deny", "zdr": True},
    {"data_collection": "allow", "zdr": False, "require_parameters": True},
    {"max_price": {"prompt": 0, "completion": 1.5}},
)
BAD_PREFERENCES: tuple[Any, ...] = (
    None,
    [],
    "first",
    {"order": "first"},
    {"order": [1]},
    {"order": ["first", "first"]},
    {"only": []},
    {"ignore": None},
    {"allow_fallbacks": "yes"},
    {"sort": "cost"},
    {"data_residency": "europe"},
    {"eu_owned": 1},
    {"max_retention_days": -1},
    {"max_retention_days": 1.5},
    {"max_retention_days": True},
    {"data_collection": "none"},
    {"zdr": None},
    {"max_price": 1},
    {"max_price": {"prompt": -1}},
    {"max_price": {"total": 1}},
    {"require_parameters": "tools"},
    {"onyl": ["first"]},
)
