"""The accents: each provider's own errors, statuses and limits."""

from __future__ import annotations

import json
import unittest

from sim import faults
from sim.case import QUESTION, SimulatorCase, recording
from sim.openai_dialects import UNSUPPORTED_AT_SCALEWAY
from sim.wire import to_json

CHAT = "/v1/chat/completions"
LONG = QUESTION | {"messages": [{"role": "user", "content": "word " * 30}]}


def asking(model: str, **fields: object) -> dict:
    return QUESTION | {"model": model, **fields}


class Gemini(SimulatorCase):
    options = {"dialect": "gemini", "prefix": "/v1"}

    def test_an_error_is_an_array_of_one_with_a_number(self) -> None:
        response = self.send(CHAT, asking("other"))
        self.assertEqual(response.status, 404)
        (told,) = response.json()
        self.assertEqual((told["error"]["code"], told["error"]["status"]), (404, "NOT_FOUND"))

    def test_a_bad_key_is_a_400(self) -> None:
        response = self.connect().request("POST", CHAT, [("Authorization", "Bearer x")], to_json(QUESTION))
        self.assertEqual(response.status, 400)
        self.assertEqual(response.json()[0]["error"]["details"][0]["reason"], "API_KEY_INVALID")

    def test_at_vertex_it_is_a_401(self) -> None:
        upstream = self.add("vertex", dialect="vertex", prefix="/v1")
        response = self.connect(upstream).request("POST", CHAT, [("Authorization", "Bearer x")], to_json(QUESTION))
        self.assertEqual((response.status, response.json()[0]["error"]["status"]), (401, "UNAUTHENTICATED"))

    def test_a_scripted_refusal_is_in_the_same_words(self) -> None:
        self.upstream.script([faults.refuse(429, "slow down", headers=[("retry-after", "7")])])
        response = self.send(CHAT, QUESTION)
        self.assertEqual((response.status, response.header("retry-after")), (429, "7"))
        self.assertEqual(response.json()[0]["error"]["status"], "RESOURCE_EXHAUSTED")


class Scaleway(SimulatorCase):
    models = {"gpt-oss-120b": {"chat"}, "gemma-3-27b-it": {"chat"}, "whisper-large-v3": {"stt"}}
    options = {"dialect": "scaleway"}

    def test_a_missing_key_and_a_bad_one_differ(self) -> None:
        connection = self.connect()
        body = to_json(asking("gpt-oss-120b"))
        self.assertEqual(connection.request("POST", CHAT, [], body).status, 401)
        self.assertEqual(connection.request("POST", CHAT, [("Authorization", "Bearer x")], body).status, 403)

    def test_an_unknown_model_is_a_422_and_codes_are_numbers(self) -> None:
        response = self.send(CHAT, asking("other"))
        self.assertEqual((response.status, response.json()["error"]["code"]), (422, 422))

    def test_the_oldest_models_have_flat_errors(self) -> None:
        nested = self.send(CHAT, asking("gpt-oss-120b", max_tokens=16_385))
        flat = self.send(CHAT, asking("gemma-3-27b-it", max_completion_tokens=16_385))
        self.assertEqual((nested.status, nested.json()["error"]["code"]), (416, 416))
        self.assertEqual((flat.status, flat.json()["object"], flat.json()["code"]), (416, "error", 416))
        self.assertEqual(self.send(CHAT, asking("gemma-3-27b-it", max_tokens=16_384)).status, 200)

    def test_what_is_not_supported_is_refused(self) -> None:
        for name in UNSUPPORTED_AT_SCALEWAY:
            with self.subTest(name):
                response = self.send(CHAT, asking("gpt-oss-120b", **{name: None}))
                self.assertEqual(response.status, 400)
                self.assertIn(name, response.json()["error"]["message"])
        options = {"include_usage": True}
        self.assertEqual(self.send(CHAT, asking("gpt-oss-120b", stream_options=options)).status, 200)
        options["include_obfuscation"] = False
        self.assertEqual(self.send(CHAT, asking("gpt-oss-120b", stream_options=options)).status, 400)

    def test_a_transcript_is_json_alone(self) -> None:
        for form, status in (("json", 200), ("verbose_json", 400), ("srt", 400)):
            form_body = recording(model="whisper-large-v3", response_format=form)
            self.assertEqual(self.send("/v1/audio/transcriptions", form_body).status, status)


class Together(SimulatorCase):
    models = {"vendor/chat-1": {"chat"}, "openai/whisper-large-v3": {"stt"}}
    options = {"dialect": "together"}
    path = "/v1/audio/transcriptions"

    def test_a_long_prompt_is_a_403(self) -> None:
        self.set(context_words=30)
        self.assertEqual(self.send(CHAT, LONG).status, 200)
        self.set(context_words=29)
        self.assertEqual(self.send(CHAT, LONG).status, 403)

    def test_money_spent_is_a_402(self) -> None:
        self.set(is_spent=True)
        self.assertEqual(self.send(CHAT, QUESTION).status, 402)

    def test_a_429_says_of_which_kind(self) -> None:
        token = "dynamic_token_limited"
        self.upstream.script([faults.refuse(429), faults.refuse(429, code=token)])
        said = [self.send(CHAT, QUESTION).json() for _ in range(2)]
        self.assertEqual([one["error_type"] for one in said], ["dynamic_request_limited", token])
        self.assertEqual([one["error"]["code"] for one in said], [None, None])

    def test_a_full_platform_is_a_503(self) -> None:
        self.set(is_full=True)
        self.assertEqual(self.send(CHAT, QUESTION).status, 503)

    def test_answers_and_refusals_tell_the_limits(self) -> None:
        self.upstream.script([faults.answer(), faults.refuse(429)])
        for _ in range(2):
            response = self.send(CHAT, QUESTION)
            self.assertEqual((response.header("x-ratelimit-limit"), response.header("x-tokenlimit-limit")), ("10", "3000"))
            self.assertEqual(response.header("x-ratelimit-reset"), "1")

    def test_transcripts_come_in_two_formats_and_in_english_unless_told(self) -> None:
        def language(**fields: str) -> str:
            form = recording(model="openai/whisper-large-v3", response_format="verbose_json", **fields)
            return self.send(self.path, form).json()["language"]

        self.assertEqual([language(), language(language="auto"), language(language="fr")], ["english", "german", "french"])
        for form in ("text", "srt", "vtt"):
            response = self.send(self.path, recording(model="openai/whisper-large-v3", response_format=form))
            self.assertEqual(response.status, 400)

    def test_what_is_too_long_or_too_large_is_a_400_with_its_code(self) -> None:
        form = recording(model="openai/whisper-large-v3")
        self.set(milliseconds=4 * 3_600_000 + 1)
        self.assertEqual(self.send(self.path, form).code, "audio_too_long")
        self.set(milliseconds=None, file_limit=1)
        response = self.send(self.path, form)
        self.assertEqual((response.status, response.code), (400, "file_too_large"))


class Infomaniak(SimulatorCase):
    THINKER, STUBBORN = "Qwen/Qwen3.5-397B-A17B-FP8", "mistralai/Mistral-Small-4-119B-2603"
    models = {"vendor/chat-1": {"chat"}, THINKER: {"chat"}, STUBBORN: {"chat"}}
    options = {"dialect": "infomaniak"}

    def test_it_has_codes_and_descriptions(self) -> None:
        response = self.send("/v1/nothing", {})
        self.assertEqual(response.status, 404)
        self.assertEqual(response.json(), {"code": "method_not_found", "description": "Method not found"})

    def test_json_comes_by_a_named_schema_alone(self) -> None:
        for wanted, status in (
            ({"type": "json_object"}, 400),
            ({"type": "json_schema", "json_schema": {"schema": {}}}, 400),
            ({"type": "json_schema"}, 400),
            ({"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}, 200),
        ):
            with self.subTest(wanted):
                self.assertEqual(self.send(CHAT, QUESTION | {"response_format": wanted}).status, status)

    def test_thoughts_have_a_member_of_their_own(self) -> None:
        def message(**fields: object) -> dict:
            return self.send(CHAT, QUESTION | fields).json()["choices"][0]["message"]

        self.assertNotIn("reasoning", message())
        self.assertEqual(message(model=self.THINKER)["reasoning"], "Let me see.")
        self.assertIsNone(message(model=self.THINKER, reasoning_effort="none")["reasoning"])
        datas = self.send(CHAT, asking(self.THINKER, stream=True)).datas()
        deltas = [json.loads(data)["choices"][0]["delta"] for data in datas[:-1]]
        self.assertIn({"reasoning": "Let me see."}, deltas[:2])

    def test_one_model_cannot_be_kept_from_thinking(self) -> None:
        self.assertEqual(self.send(CHAT, asking(self.STUBBORN, reasoning_effort="high")).status, 200)
        response = self.send(CHAT, asking(self.STUBBORN, reasoning_effort="none"))
        self.assertEqual(response.status, 400)
        self.assertIn("chat_template is not supported", response.json()["description"])


class Others(SimulatorCase):
    def test_ionos_answers_in_16_tokens_unless_told(self) -> None:
        upstream = self.add("ionos", dialect="ionos")

        def ask(**fields: object) -> dict:
            body = to_json(LONG | fields)
            return self.connect(upstream).request("POST", CHAT, [self.credential], body).json()["choices"][0]

        usual, told = ask(), ask(max_tokens=100)
        self.assertEqual((len(usual["message"]["content"].split(" ")), usual["finish_reason"]), (16, "length"))
        self.assertEqual((len(told["message"]["content"].split()), told["finish_reason"]), (32, "stop"))

    def test_ovhcloud_takes_2_mb_but_for_recordings(self) -> None:
        upstream = self.add("ovhcloud", dialect="ovhcloud")
        body = to_json(QUESTION)
        for size, status in ((2 << 20, 200), ((2 << 20) + 1, 413)):
            padded = body + b" " * (size - len(body))
            self.assertEqual(self.connect(upstream).request("POST", CHAT, [self.credential], padded).status, status)


if __name__ == "__main__":
    unittest.main()
