"""Azure's text to speech: SSML in, audio out. An element that nobody but an injected text could have asked for is refused."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

from . import speaking
from .provider_api import Answer, Failure, ProviderApi, check_media_type, json_answer
from .wire import Request

PATH, VOICES_PATH = "/cognitiveservices/v1", "/cognitiveservices/voices/list"
NAMESPACE = "{http://www.w3.org/2001/10/synthesis}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
VOICE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?-([A-Z]{2}|[0-9]{3})-\w+(:\w+)?")
RATE = re.compile(r"[+-][0-9]{1,3}(?:\.[0-9]{1,2})?%")
FORMATS = {
    "audio-16khz-32kbitrate-mono-mp3": "mp3",
    "audio-24khz-48kbitrate-mono-mp3": "mp3",
    "audio-24khz-96kbitrate-mono-mp3": "mp3",
    "audio-24khz-160kbitrate-mono-mp3": "mp3",
    "audio-48khz-96kbitrate-mono-mp3": "mp3",
    "ogg-24khz-16bit-mono-opus": "opus",
    "ogg-48khz-16bit-mono-opus": "opus",
    "riff-24khz-16bit-mono-pcm": "wav",
    "raw-24khz-16bit-mono-pcm": "pcm",
}
MEDIA_TYPES = {"mp3": "audio/mpeg", "opus": "audio/ogg; codecs=opus; rate=24000", "wav": "audio/x-wav", "pcm": "audio/basic"}
LONGEST_AGENT = 255
SLOWEST, FASTEST = 0.5, 2.0  # what a rate may come to; anything beyond sounds like the nearer of them


@dataclass(frozen=True)
class Script:
    """What an SSML document asks for."""

    text: str
    voice: str
    speed: float


@dataclass
class AzureSpeechTtsApi(ProviderApi):
    voices: tuple[str, ...] = ()  # empty: any that is named as voices are

    def check(self, request: Request) -> None:
        self.check_key(request, "ocp-apim-subscription-key", "")
        path = self.path(request)
        self.check_method(request, {PATH: "POST", VOICES_PATH: "GET"}, path)
        if "?" in request.target:
            raise Failure(400, "A query")
        agents = request.all("user-agent")
        if len(agents) != 1 or not 0 < len(agents[0]) < LONGEST_AGENT:
            raise Failure(400, "User-Agent is missing or too long")
        if path == PATH:
            check_media_type(request, "application/ssml+xml")
            self.format(request)
            self.script(request)

    def wrong_key(self) -> Failure:
        return Failure(401, "")

    def format(self, request: Request) -> str:
        given = request.all("x-microsoft-outputformat")
        if len(given) != 1 or given[0] not in FORMATS:
            raise Failure(400, f"Unsupported output format: {given}")
        return FORMATS[given[0]]

    def script(self, request: Request) -> Script:
        script = read_ssml(request.body)
        if self.voices and script.voice not in self.voices:
            raise Failure(400, f"Unsupported voice {script.voice}.")
        return script

    def refusal(self, failure: Failure) -> Answer:
        """As plain text, or nothing at all."""
        body = failure.message.encode()
        return Answer(body, failure.status, "text/plain" if body else "", failure.headers)

    def answer(self, request: Request) -> Answer:
        if self.path(request) == VOICES_PATH:
            return json_answer([{"ShortName": name, "Status": "GA", "VoiceType": "Neural"} for name in self.voices])
        form, script = self.format(request), self.script(request)
        audio = speaking.speech(script.text, voice=script.voice, speed=script.speed, form=form)
        return Answer(audio, 200, MEDIA_TYPES[form], (("x-requestid", "azure-request-3"),), framing="chunked")


def read_ssml(body: bytes) -> Script:
    """speak > voice > text, or speak > voice > prosody > text; a 400 for everything else."""
    if b"<!" in body or b"<?" in body.removeprefix(b"<?xml "):
        raise Failure(400, "A declaration, a comment or an instruction in the SSML")
    try:
        speak = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError) as error:
        raise Failure(400, f"Invalid SSML: {error}") from error
    expect(speak, "speak", {"version", LANGUAGE})
    if speak.get("version") != "1.0" or not re.fullmatch(r"[a-z]{2,3}(-\w+)+", speak.get(LANGUAGE, "")):
        raise Failure(400, "speak needs its version and language")
    voice = only_child(speak)
    expect(voice, "voice", {"name"})
    if not VOICE.fullmatch(voice.get("name", "")):
        raise Failure(400, f"Unsupported voice {voice.get('name')}.")
    if not len(voice):
        return Script(spoken(voice), voice.get("name", ""), 1.0)
    prosody = only_child(voice)
    expect(prosody, "prosody", {"rate"})
    return Script(spoken(prosody), voice.get("name", ""), speed_of(prosody.get("rate", "")))


def expect(element: ElementTree.Element, name: str, attributes: set[str]) -> None:
    if element.tag.removeprefix(NAMESPACE) != name or set(element.attrib) != attributes:
        raise Failure(400, f"{element.tag} with {sorted(element.attrib)}, where {name} was due")


def only_child(element: ElementTree.Element) -> ElementTree.Element:
    around = (element.text or "") + "".join(child.tail or "" for child in element)
    if len(element) != 1 or around.strip():
        raise Failure(400, f"{element.tag} holds more than one element")
    return element[0]


def spoken(element: ElementTree.Element) -> str:
    if len(element):
        raise Failure(400, f"{element[0].tag} within the text")
    if not (element.text or "").strip():
        raise Failure(400, "There is nothing to say")
    return element.text or ""


def speed_of(rate: str) -> float:
    if not RATE.fullmatch(rate):
        raise Failure(400, f"rate {rate!r}")
    return min(max(1 + float(rate[:-1]) / 100, SLOWEST), FASTEST)
