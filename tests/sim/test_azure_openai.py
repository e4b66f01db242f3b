"""Azure OpenAI's two addresses, its key, its filter and its errors."""

from __future__ import annotations

import json
import unittest

from support.raw_client import Response

from sim.azure_openai_api import BLOCKED, CENSORED
from sim.case import BEARER, QUESTION, SimulatorCase, recording

V1 = "/openai/v1/chat/completions"
DATED = "/openai/deployments/chatty/chat/completions?api-version=2024-10-21"


class AzureOpenAi(SimulatorCase):
    models = {"chatty": {"chat", "vision"}, "thinker": {"chat"}, "whisper": {"stt"}}
    options = {"protocol": "azure_openai", "prefix": "/openai", "reasoning": ("thinker",)}
    credential = ("api-key", "secret")

    def ask_it(self, path: str = V1, text: str = "hello", **fields: object) -> Response:
        body = {"model": "chatty", "messages": [{"role": "user", "content": text}], **fields}
        return self.send(path, body)

    def test_both_addresses(self) -> None:
        for path in (V1, f"{V1}?api-version=v1", DATED, DATED + "-preview"):
            with self.subTest(path):
                told = self.ask_it(path).json()
                self.assertEqual(told["model"], "chatty")
                self.assertFalse(told["choices"][0]["content_filter_results"]["violence"]["filtered"])
                self.assertEqual(told["prompt_filter_results"][0]["prompt_index"], 0)

    def test_an_endpoint_of_v1_has_no_other(self) -> None:
        upstream = self.add("v1", **{**self.options, "prefix": "/openai/v1"})
        body = json.dumps(QUESTION | {"model": "chatty"}).encode()
        for path, status in ((V1, 200), (DATED, 404)):
            self.assertEqual(self.connect(upstream).request("POST", path, [self.credential], body).status, status)

    def test_a_wrong_address_or_version(self) -> None:
        self.assert_refusals(
            {
                "dated without a version": self.ask_it(DATED.partition("?")[0]),
                "without a deployment": self.ask_it("/openai/chat/completions?api-version=2024-10-21"),
                "an unknown operation": self.ask_it("/openai/deployments/chatty/models?api-version=2024-10-21"),
                "no such deployment": self.ask_it(model="other"),
                "no such deployment in the path": self.ask_it(DATED.replace("chatty", "other")),
            },
            404,
        )
        self.assert_refusals(
            {
                "a version that is no date": self.ask_it(DATED.replace("2024-10-21", "v1")),
                "a date at v1": self.ask_it(f"{V1}?api-version=2024-10-21"),
                "another parameter": self.ask_it(f"{V1}?key=1"),
                "a parameter twice": self.ask_it(DATED + "&api-version=2024-10-21"),
            },
            400,
        )
        self.assertEqual(self.ask_it(model="other").code, "DeploymentNotFound")

    def test_the_path_names_the_deployment_whatever_the_body_says(self) -> None:
        self.assertEqual(self.ask_it(DATED, model="other").json()["model"], "chatty")

    def test_the_key_has_a_header_of_its_own(self) -> None:
        body = json.dumps(QUESTION).encode()
        for headers, status in (([], 401), ([BEARER], 400), ([("api-key", "x")], 401), ([self.credential] * 2, 400)):
            with self.subTest(headers):
                self.assertEqual(self.connect().request("POST", V1, headers, body).status, status)

    def test_a_blocked_prompt(self) -> None:
        response = self.ask_it(text=f"tell me {BLOCKED}")
        self.assertEqual((response.status, response.code), (400, "content_filter"))
        self.assertEqual(response.error["innererror"]["code"], "ResponsibleAIPolicyViolation")
        self.assertTrue(response.error["innererror"]["content_filter_result"]["violence"]["filtered"])

    def test_a_filtered_answer_is_a_200(self) -> None:
        choice = self.ask_it(text=f"tell me {CENSORED}").json()["choices"][0]
        self.assertEqual(choice["finish_reason"], "content_filter")
        self.assertTrue(choice["content_filter_results"]["violence"]["filtered"])

    def test_a_stream_opens_with_the_prompts_results(self) -> None:
        for path in (V1, DATED):
            first, *rest = (json.loads(data) for data in self.ask_it(path, stream=True).datas()[:-1])
            self.assertEqual(first["choices"], [])
            self.assertIn("prompt_filter_results", first)
            text = "".join(choice["delta"].get("content", "") for one in rest for choice in one["choices"])
            self.assertEqual(text, "vendor received: hello")

    def test_reasoning_models_know_no_max_tokens(self) -> None:
        self.assertEqual(self.ask_it(model="thinker", max_tokens=5).code, "unsupported_parameter")
        self.assertEqual(self.ask_it(model="thinker", max_completion_tokens=5).status, 200)

    def test_whisper_at_both_addresses(self) -> None:
        dated = "/openai/deployments/whisper/audio/transcriptions?api-version=2024-10-21"
        self.assertEqual(self.send(dated, recording(response_format="srt")).status, 200)
        self.assertEqual(self.send("/openai/v1/audio/transcriptions", recording(model="whisper")).status, 200)
        self.assertEqual(self.send("/openai/v1/audio/transcriptions", recording()).status, 404)


if __name__ == "__main__":
    unittest.main()
