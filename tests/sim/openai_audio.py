"""Speech to text and text to speech as OpenAI's API has them: what is checked, and what comes back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import hearing, speaking
from .forms import Form
from .provider_api import Answer, Failure, check_known, invalid
from .wire import Request

if TYPE_CHECKING:
    from .openai_api import Api

EXTENSIONS = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
GRANULARITIES = "timestamp_granularities[]"
ONCE = ("file", "model", "language", "prompt", "response_format", "temperature", "stream", "chunking_strategy")
FIELDS = (*ONCE, GRANULARITIES, "include[]", "known_speaker_names[]", "known_speaker_references[]")
SPEECH_FIELDS = ("model", "input", "voice", "instructions", "response_format", "speed", "stream_format")


@dataclass(frozen=True)
class Asked:
    """A transcription's form. `model` need not be a field of it: some providers have it in the path."""

    form: Form
    model: str

    @property
    def audio(self) -> bytes:
        part = self.form.one("file")
        return part.value if part else b""

    @property
    def format(self) -> str:
        return self.form.text("response_format", "json")

    @property
    def granularities(self) -> frozenset[str]:
        return frozenset(part.text for part in self.form.all(GRANULARITIES))


def read_form(request: Request, model: str | None = None) -> Asked:
    try:
        form = request.form()
        for name in ONCE:
            form.one(name)
        for part in form.parts:
            if part.name != "file":
                _ = part.text
        return Asked(form, form.text("model") if model is None else model)
    except ValueError as error:
        raise Failure(400, f"Could not parse the form: {error}", "invalid_form") from error


def check_transcription(api: Api, asked: Asked) -> None:
    check_known(asked.form.names, FIELDS, "field")
    api.check_rejected(asked.form.names)
    api.check_model(asked.model, "stt")
    if len(check_file(asked.form)) > api.file_limit:
        raise api.too_large()
    if asked.format not in api.transcript_formats:
        raise invalid("response_format", f"{asked.format!r} is none of {', '.join(api.transcript_formats)}")
    check_language(asked.form, api.languages)
    check_temperature(asked.form)
    if asked.granularities - {"segment", "word"}:
        raise invalid(GRANULARITIES, "segment or word")
    if asked.granularities and asked.format != "verbose_json":
        raise invalid(GRANULARITIES, "goes with verbose_json alone")
    if asked.form.text("stream", "false") != "false":
        raise invalid("stream", "this model does not stream")


def check_file(form: Form, extensions: tuple[str, ...] = EXTENSIONS) -> bytes:
    """The recording."""
    part = form.one("file")
    if part is None or part.filename is None:
        raise Failure(400, "There is no file", "missing_file", param="file")
    if not part.content_type:
        raise invalid("file", "without a media type")
    if part.filename.rpartition(".")[2].lower() not in extensions:
        raise invalid("file", f"unrecognized file format; supported: {', '.join(extensions)}")
    if not part.value:
        raise invalid("file", "the file is empty")
    return part.value


def check_language(form: Form, words: tuple[str, ...] = ()) -> None:
    language = form.text("language", "de")
    if not re.fullmatch(r"[a-z]{2}", language) and language not in words:
        raise invalid("language", f"{language!r} is no code of ISO 639-1")


def check_temperature(form: Form) -> None:
    text = form.text("temperature", "0")
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) or float(text) > 1:
        raise invalid("temperature", f"{text!r} is not from 0 to 1")


def transcription(api: Api, asked: Asked) -> Answer:
    language = asked.form.text("language") or api.usual_language
    heard = hearing.listen(api.name, asked.audio, "" if language == "auto" else language, api.milliseconds)
    media_type, body = hearing.render(heard, asked.format, asked.granularities)
    return Answer(body, 200, media_type)


def check_speech(api: Api, body: dict[str, Any]) -> None:
    check_known(body, SPEECH_FIELDS)
    api.check_rejected(body)
    api.check_model(body.get("model"), "tts")
    text, speed, form = body.get("input"), body.get("speed", 1), body.get("response_format", "mp3")
    if not isinstance(text, str) or not 1 <= len(text) <= 4096:
        raise invalid("input", "1 to 4096 characters")
    if voice_of(body) not in api.voices:
        raise invalid("voice", f"{body.get('voice')!r} is none of {', '.join(api.voices)}")
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0.25 <= speed <= 4:
        raise invalid("speed", "0.25 to 4")
    if form not in api.speech_formats:
        raise invalid("response_format", f"{form!r} is none of {', '.join(api.speech_formats)}")
    if body.get("stream_format", "audio") != "audio":
        raise invalid("stream_format", "this model sends audio alone")


def voice_of(body: dict[str, Any]) -> Any:
    voice = body.get("voice")
    return voice.get("id") if isinstance(voice, dict) else voice


def speech(body: dict[str, Any]) -> Answer:
    form = body.get("response_format", "mp3")
    audio = speaking.speech(body["input"], voice=voice_of(body), speed=body.get("speed", 1), form=form)
    return Answer(audio, 200, speaking.MEDIA_TYPES[form], framing="chunked")
