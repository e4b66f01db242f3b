"""What it means that a transcription's form is refused, and that it is taken."""

from __future__ import annotations

from .case import TRANSCRIPTIONS, GatewayCase
from .multipart import Form, field, file
from .raw_client import Connection, Response, request_bytes
from .registry import World, speech_world

SOUND = b"ID3 sound"
MODEL = field("model", "whisper-a")
FILE = file("file", "voice.mp3", SOUND)


class FormsCase(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        return speech_world(stt=("openai", "azure_speech_stt"), tts=())

    def assert_refused(
        self, given: Form, code: str, param: str | None = None, status: int = 400, says: str = ""
    ) -> Response:
        response = self.transcribe(given)
        self.assert_says(response, code, param, status, says)
        return response

    def assert_says(
        self, response: Response, code: str, param: str | None = None, status: int = 400, says: str = ""
    ) -> None:
        error = self.assert_error(response, status, code)
        self.assertEqual(error["param"], param)
        self.assertIn(says, error["message"])
        self.assert_untried(response)

    def assert_takes(self, given: Form) -> None:
        self.world.forget()
        self.assert_ok(self.transcribe(given), "first")
        sent = self.one_request(self.world["first"]).form()
        self.assertEqual(sent.one("file").value, SOUND)
        self.assertEqual(sent.text("model"), "first/whisper-a")
        self.world.forget()

    def begin(self, given: Form, *more: tuple[str, str], length: int | None = None) -> Connection:
        """The head alone."""
        size = len(given.body) if length is None else length
        head = [*given.headers, ("Content-Length", str(size)), *more]
        connection = self.connect(timeout=20.0)
        connection.send(request_bytes("POST", TRANSCRIPTIONS, head))
        return connection
