"""Azure Speech's fast transcription: one form with the recording and its definition in, the whole transcript out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from . import hearing
from .forms import Form
from .hearing import SWEAR_WORD, Heard, Span
from .provider_api import Answer, Failure, ProviderApi, json_answer
from .wire import Request

PATH = "/speechtotext/transcriptions:transcribe"
VERSIONS = ("2024-11-15", "2025-10-15")
DEFINITION = ("locales", "audioUrl", "channels", "diarization", "phraseList", "profanityFilterMode")
LOCALES = (
    "ar-EG ar-SA bg-BG ca-ES cs-CZ da-DK de-AT de-CH de-DE el-GR en-AU en-CA en-GB en-IN en-US es-ES es-MX et-EE fi-FI fr-CA "
    "fr-CH fr-FR ga-IE he-IL hi-IN hr-HR hu-HU id-ID it-CH it-IT ja-JP ko-KR lt-LT lv-LV mt-MT nb-NO nl-NL pl-PL pt-BR pt-PT "
    "ro-RO ru-RU sk-SK sl-SI sv-SE th-TH tr-TR uk-UA vi-VN zh-CN zh-HK zh-TW"
).split()
MASKS = {"None": SWEAR_WORD, "Masked": "*" * len(SWEAR_WORD), "Removed": "", "Tags": f"<profanity>{SWEAR_WORD}</profanity>"}
UNREADABLE = (b"ftyp",)  # at byte 4: MP4 and its kin are not on the list of formats


def refused(message: str, inner: str = "InvalidArgument") -> Failure:
    return Failure(400, message, "InvalidRequest", details={"code": inner, "message": message})


@dataclass
class AzureSpeechSttApi(ProviderApi):
    milliseconds: int | None = None  # how long every recording lasts
    file_limit: int = 500 << 20

    def check(self, request: Request) -> None:
        self.check_key(request, "ocp-apim-subscription-key", "")
        self.check_method(request, {PATH: "POST"}, self.path(request))
        self.check_version(request)
        form = self.form(request)
        definition = self.definition(form)
        check_definition(definition, newest=request.query()["api-version"] == VERSIONS[-1])
        self.check_audio(form, definition)

    def wrong_key(self) -> Failure:
        return Failure(401, "Access denied due to invalid subscription key or wrong API endpoint.", "401")

    def unknown_path(self, request: Request) -> Failure:
        return Failure(404, "Resource not found", "404")

    def check_version(self, request: Request) -> None:
        try:
            query = request.query()
        except ValueError as error:
            raise refused(str(error)) from error
        if query.get("api-version") not in VERSIONS:
            raise refused("The requested API version is not supported", "UnsupportedApiVersion")
        if len(query) > 1:
            raise refused(f"Unknown query parameters: {sorted(query)}")

    def form(self, request: Request) -> Form:
        try:
            form = request.form()
            for name in ("audio", "definition"):
                form.one(name)
        except ValueError as error:
            raise refused(f"The form is malformed: {error}", "InvalidPayload") from error
        if unknown := set(form.names) - {"audio", "definition"}:
            raise refused(f"Unknown parts: {', '.join(sorted(unknown))}", "InvalidPayload")
        return form

    def definition(self, form: Form) -> dict[str, Any]:
        part = form.one("definition")
        try:
            read = {} if part is None else json.loads(part.text)
        except ValueError as error:
            raise refused(f"The definition is no JSON: {error}", "InvalidPayload") from error
        if not isinstance(read, dict):
            raise refused("The definition is no object", "InvalidPayload")
        return read

    def check_audio(self, form: Form, definition: dict[str, Any]) -> None:
        part = form.one("audio")
        if (part is None) == ("audioUrl" not in definition):
            raise refused("Exactly one of audio and audioUrl", "InvalidPayload")
        if part is None:
            return
        if part.filename is None or not part.content_type:
            raise refused("The audio part is no file", "InvalidPayload")
        if not part.value or part.value[4:8] in UNREADABLE:
            raise refused("The audio file is empty, or of a format that is not supported", "InvalidAudioFormat")
        if len(part.value) >= self.file_limit:
            raise Failure(413, "The audio file is too large", "InvalidRequest")

    def refusal(self, failure: Failure) -> Answer:
        headers = (("apim-request-id", "azure-request-2"), *failure.headers)
        if failure.details is None:
            error = {"code": failure.code or str(failure.status), "message": failure.message}
            return json_answer({"error": error}, failure.status, headers)
        told = {"code": failure.code, "message": failure.message, "innerError": failure.details}
        return json_answer(told, failure.status, headers)

    def answer(self, request: Request) -> Answer:
        form = self.form(request)
        definition, part = self.definition(form), form.one("audio")
        locale = (definition.get("locales") or ["de-DE"])[0]
        audio = part.value if part else definition.get("audioUrl", "").encode()
        heard = hearing.listen(self.name, audio, locale.partition("-")[0], self.milliseconds)
        mask = MASKS[definition.get("profanityFilterMode", "Masked")]
        return json_answer(written(heard, locale, mask), headers=(("apim-request-id", "azure-request-2"),))


def check_definition(definition: dict[str, Any], newest: bool) -> None:
    if unknown := set(definition) - set(DEFINITION):
        raise refused(f"Unknown members of the definition: {', '.join(sorted(unknown))}", "InvalidPayload")
    if definition.get("profanityFilterMode", "Masked") not in MASKS:
        raise refused("profanityFilterMode is one of None, Masked, Removed, Tags")
    check_locales(definition.get("locales", []))
    check_phrases(definition.get("phraseList", {"phrases": ["a"]}), newest or "phraseList" not in definition)
    channels = definition.get("channels", [0])
    if not isinstance(channels, list) or not channels or not set(channels) <= {0, 1}:
        raise refused("channels is a list of 0 and 1")
    diarization = definition.get("diarization", {})
    if not isinstance(diarization, dict) or not set(diarization) <= {"enabled", "maxSpeakers"}:
        raise refused("diarization has enabled and maxSpeakers")


def check_locales(locales: Any) -> None:
    if not isinstance(locales, list):
        raise refused("locales is a list", "InvalidLocale")
    for locale in locales:
        if not isinstance(locale, str) or not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})+", locale) or locale not in LOCALES:
            raise refused(f"The locale {locale!r} is not supported", "InvalidLocale")


def check_phrases(given: Any, has_them: bool) -> None:
    phrases = given.get("phrases") if isinstance(given, dict) and set(given) == {"phrases"} else None
    if not has_them:
        raise refused("phraseList came with 2025-10-15")
    if not isinstance(phrases, list) or not phrases or not all(isinstance(one, str) and one.strip() for one in phrases):
        raise refused("phraseList has phrases, a list of texts", "InvalidPayload")


def written(heard: Heard, locale: str, mask: str) -> dict[str, Any]:
    def said(span: Span) -> dict[str, Any]:
        text = span.text.replace(SWEAR_WORD, mask)
        return {"text": text, "offsetMilliseconds": span.begin, "durationMilliseconds": span.end - span.begin}

    def phrase(span: Span) -> dict[str, Any]:
        words = [said(word) for word in heard.words if span.begin <= word.begin < span.end]
        return said(span) | {"words": words, "locale": locale, "confidence": 0.75}

    return {
        "durationMilliseconds": heard.milliseconds,
        "combinedPhrases": [{"text": heard.text.replace(SWEAR_WORD, mask)}],
        "phrases": [phrase(span) for span in heard.segments],
    }
