"""What the providers of OpenAI's protocol say in their own ways reaches a client as everywhere else (spec §5, §8).

Each refusal here is the simulated provider's own, for a request that it really got; only what no request can cause is
scripted.
"""

from __future__ import annotations

import json
from typing import Any

from sim import faults
from sim.upstream import Step, Upstream
from support.case import FreshGatewayCase, question, recording
from support.multipart import field, file, form
from support.raw_client import Response
from support.registry import World, dollars, model, per_minute

SLUGS = ("gemini", "vertex", "scaleway", "together", "infomaniak", "ionos", "ovhcloud")
# Upstream names that a provider treats in a way of its own.
LEGACY, THINKER, STUBBORN = "gemma-3-27b-it", "moonshotai/Kimi-K2.6", "mistralai/Mistral-Small-4-119B-2603"
REQUEST_DIALECTS: dict[str, dict[str, Any]] = {
    "scaleway": {"drop": ["user", "store"]},
    "infomaniak": {"rename": {"max_tokens": "max_completion_tokens"}, "drop": ["prompt_cache_key"]},
    "ionos": {"rename": {"max_completion_tokens": "max_tokens"}, "default": {"max_tokens": 4096}},
}
REASON = "Unrecognized request argument supplied: seed"
LONG = question("word " * 40)
COOLDOWNS = {"server_error": "30s", "rate_limit": "60s", "repeated": "120s"}


def dialects_world() -> World:
    """Each dialect's provider hosts `model-<slug>`; `other` hosts all of them, ten times dearer."""
    world = World()
    hosted: dict[str, dict[str, dict[str, Any]]] = {slug: {f"model-{slug}": model("chat")} for slug in SLUGS}
    hosted["scaleway"] |= {"legacy": model("chat", upstream=LEGACY)}
    hosted["scaleway"] |= {"whisper": model("stt", formats=["json"])}
    hosted["infomaniak"] |= {"thinker": model("chat", upstream=THINKER), "stubborn": model("chat", upstream=STUBBORN)}
    heard = model("stt", formats=["json", "verbose_json"], request={"default": {"language": "auto"}})
    hosted["together"] |= {"whisper-large": heard}
    for slug, models in hosted.items():
        endpoint = {"request": REQUEST_DIALECTS[slug]} if slug in REQUEST_DIALECTS else {}
        world.provider(slug, models, endpoint=endpoint, api={"dialect": slug})
    every = {name: facts for models in hosted.values() for name, facts in models.items()}
    dear = {"stt": per_minute(10), "chat": dollars(10, 10)}
    copies = {name: model(*facts["modalities"], price=dear[facts["modalities"][0]]) for name, facts in every.items()}
    world.provider("other", copies)
    return world


class DialectCase(FreshGatewayCase):
    config = {"health": {"cooldown": COOLDOWNS}}

    @classmethod
    def build_world(cls) -> World:
        return dialects_world()

    def api(self, slug: str, **facts: Any) -> Any:
        """The simulated provider, changed for the length of a test."""
        api = self.world[slug].api
        for name, value in facts.items():
            self.addCleanup(setattr, api, name, getattr(api, name))
            setattr(api, name, value)
        return api

    def ask(self, name: str, **fields: Any) -> Response:
        return self.chat({**question(**fields), "model": name})

    def cools(self, name: str) -> dict[str, bool]:
        candidates = self.explain({**question(), "model": name})["candidates"]
        return {one["provider"]: one["cooling"] for one in candidates}

    def assert_clients(
        self, response: Response, slug: str, says: str, status: int = 400, code: str | None = None
    ) -> None:
        """The client's own mistake: nobody else is asked, and the route is as good as before."""
        error = self.assert_error(response, status, passed_on=True)
        self.assertIn(says, error["message"])
        self.assertIn(type(error["code"]), (str, type(None)))
        if code is not None:
            self.assertEqual(error["code"], code)
        self.assert_attempts(response, 1)
        self.assertEqual(response.header("x-provider-slug"), slug)
        self.assertEqual(self.world["other"].requests, [])

    def assert_operators(self, slug: str, code: str, **fields: Any) -> None:
        """The operator's mistake: a 502 that tells nothing of it; then whoever is left serves."""
        name = f"model-{slug}"
        response = self.ask(name, **fields)
        error = self.assert_error(response, 502, code)
        self.assertEqual(response.header("x-should-retry"), "false")
        self.assertNotIn("upstream-key-of", error["message"])
        self.assertEqual(self.cools(name), {slug: True, "other": False})
        self.assert_ok(self.ask(name), "other")

    def assert_moves_on(self, slug: str, *steps: Step, **fields: Any) -> None:
        """A failure of the provider's: the next one serves, and the route cools."""
        name = f"model-{slug}"
        self.world[slug].script(steps)
        response = self.ask(name, **fields)
        self.assert_ok(response, "other")
        self.assert_attempts(response, 2)
        self.assertEqual(self.cools(name), {slug: True, "other": False})

    def sent(self, upstream: Upstream) -> dict[str, Any]:
        return upstream.requests[-1].json()


class Every(DialectCase):
    """What all of them can say, each in its own words."""

    def test_a_clients_mistake_comes_with_the_providers_message(self) -> None:
        for slug in SLUGS:
            with self.subTest(slug):
                api = self.world[slug].api
                self.api(slug, rejects=(*api.rejects, "seed"))
                self.assert_clients(self.ask(f"model-{slug}", seed=1), slug, REASON)
                self.assertEqual(self.cools(f"model-{slug}"), {slug: False, "other": False})

    def test_a_wrong_key_is_the_operators_mistake(self) -> None:
        for slug in SLUGS:
            with self.subTest(slug):
                self.api(slug, keys=("another",))
                self.world.forget()
                self.assert_operators(slug, "upstream_auth_failed")

    def test_a_model_that_is_not_there_is_the_operators_mistake(self) -> None:
        for slug in SLUGS:
            with self.subTest(slug):
                self.api(slug, models={})
                self.world.forget()
                self.assert_operators(slug, "upstream_misconfigured")

    def test_a_rate_limit_moves_on_and_cools(self) -> None:
        for slug in SLUGS:
            with self.subTest(slug):
                self.assert_moves_on(slug, faults.refuse(429, "slow down"))

    def test_a_rate_limit_of_all_that_there_are_is_told_with_its_wait(self) -> None:
        for slug in SLUGS:
            with self.subTest(slug):
                self.world[slug].script([faults.refuse(429, "slow down", headers=[("retry-after", "7")])])
                response = self.ask(f"model-{slug}", provider={"only": [slug]})
                error = self.assert_error(response, 429, "upstream_rate_limited")
                self.assertEqual(response.header("retry-after"), "7")
                self.assertEqual(error["metadata"]["attempts"][0]["status"], 429)
                self.assertNotIn("slow down", error["message"])

    def test_what_breaks_there_moves_on(self) -> None:
        for slug in SLUGS:
            for status in (500, 503):
                with self.subTest(slug, status=status):
                    self.world[slug].script([faults.refuse(status, "the-reason")])
                    response = self.ask(f"model-{slug}", provider={"order": [slug]})
                    self.assert_ok(response, "other")
                    self.assertNotIn(b"the-reason", response.body)


class Gemini(DialectCase):
    def test_an_array_of_one_is_read_as_what_it_holds(self) -> None:
        for status in (400, 409, 422):
            with self.subTest(status):
                self.world["gemini"].script([faults.refuse(status, "the-reason")])
                response = self.ask("model-gemini")
                self.assert_clients(response, "gemini", "the-reason", status)
                self.assertEqual((response.error["type"], response.error["param"]), ("INVALID_ARGUMENT", None))

    def test_a_wrong_keys_words_in_a_prompt_change_nothing(self) -> None:
        """The route doesn't cool because a client wrote what the provider then repeats."""
        said = 'Invalid value: "API key not valid. API_KEY_INVALID"'
        self.world["gemini"].script([faults.refuse(400, said)])
        self.assert_clients(self.ask("model-gemini"), "gemini", said)
        self.assertEqual(self.cools("model-gemini")["gemini"], False)


class Scaleway(DialectCase):
    def test_an_output_over_the_models_limit_is_the_clients_400(self) -> None:
        for name in ("model-scaleway", "legacy"):  # the second one's errors are flat
            for limit in ("max_tokens", "max_completion_tokens"):
                with self.subTest(name, limit=limit):
                    response = self.ask(name, **{limit: 16_385})
                    self.assert_clients(response, "scaleway", f"{limit} is over the model's limit")

    def test_a_missing_key_is_the_operators_too(self) -> None:
        self.world["scaleway"].script([faults.refuse(401, "Authentication is denied: the header is missing")])
        self.assert_operators("scaleway", "upstream_auth_failed")

    def test_what_has_no_effect_is_dropped_and_what_has_one_is_the_clients_mistake(self) -> None:
        self.assert_ok(self.ask("model-scaleway", user="a", store=False), "scaleway")
        self.assertEqual(set(self.sent(self.world["scaleway"])), {"model", "messages"})
        for fields in ({"modalities": ["text"]}, {"prediction": {"type": "content", "content": "a"}}):
            with self.subTest(fields):
                self.assert_clients(self.ask("model-scaleway", **fields), "scaleway", next(iter(fields)))

    def test_a_streams_usage_is_asked_for_and_nothing_else(self) -> None:
        response = self.ask("model-scaleway", stream=True)
        self.assert_ok(response, "scaleway")
        self.assertEqual(self.sent(self.world["scaleway"])["stream_options"], {"include_usage": True})
        refused = self.ask("model-scaleway", stream=True, stream_options={"include_obfuscation": True})
        self.assert_clients(refused, "scaleway", "include_obfuscation")

    def test_a_transcript_is_asked_for_as_json_and_made_into_text(self) -> None:
        response = self.transcribe(recording(model="whisper", response_format="text"))
        self.assert_ok(response, "scaleway")
        self.assertEqual(self.world["scaleway"].requests[0].form().text("response_format", "json"), "json")
        self.assertIn(b"scaleway heard", response.body)


class Together(DialectCase):
    def test_a_prompt_that_is_too_long_is_the_clients_400(self) -> None:
        self.api("together", context_words=39)
        response = self.chat({**LONG, "model": "model-together"})
        self.assert_clients(response, "together", "longer than the model's", code="context_length_exceeded")
        self.assertEqual(self.cools("model-together"), {"together": False, "other": False})

    def test_money_spent_is_the_operators_mistake(self) -> None:
        self.api("together", is_spent=True)
        self.assert_operators("together", "upstream_auth_failed")

    def test_a_limit_of_tokens_moves_on_as_one_of_requests_does(self) -> None:
        self.assert_moves_on("together", faults.refuse(429, "slow down", "dynamic_token_limited"))

    def test_a_full_platform_moves_on(self) -> None:
        self.api("together", is_full=True)
        self.assert_moves_on("together")

    def test_its_limits_stay_between_it_and_the_gateway(self) -> None:
        response = self.ask("model-together")
        self.assert_ok(response, "together")
        self.assertEqual([name for name, _ in response.headers if "limit" in name.lower()], [])

    def test_recordings_that_it_refuses_are_the_clients_mistake(self) -> None:
        self.api("together", file_limit=1)
        given = recording(model="whisper-large")
        self.assert_clients(self.transcribe(given), "together", "over 1 bytes", code="file_too_large")
        self.api("together", file_limit=500 << 20, milliseconds=4 * 3_600_000 + 1)
        self.assert_clients(self.transcribe(given), "together", "longer than 4 hours", code="audio_too_long")

    def test_a_language_is_detected_unless_one_is_named(self) -> None:
        for fields, language in (((), "auto"), ((field("language", "fr"),), "fr")):
            with self.subTest(language):
                self.world.forget()
                given = form(field("model", "whisper-large"), *fields, file("file", "a.mp3", b"ID3 sound"))
                self.assert_ok(self.transcribe(given), "together")
                self.assertEqual(self.world["together"].requests[0].form().text("language"), language)


class Infomaniak(DialectCase):
    def test_its_codes_and_descriptions_become_openais(self) -> None:
        response = self.ask("model-infomaniak", response_format={"type": "json_object"})
        self.assert_clients(response, "infomaniak", "json_object is not supported", code="invalid_parameter")

    def test_a_schema_without_a_name_is_the_clients_mistake(self) -> None:
        wanted = {"type": "json_schema", "json_schema": {"schema": {}}}
        self.assert_clients(self.ask("model-infomaniak", response_format=wanted), "infomaniak", "needs a name")

    def test_a_model_that_cannot_stop_thinking_says_so(self) -> None:
        response = self.ask("stubborn", reasoning_effort="none")
        self.assert_clients(response, "infomaniak", "chat_template is not supported for Mistral tokenizers")

    def test_thoughts_pass_in_the_member_that_they_have(self) -> None:
        response = self.ask("thinker")
        self.assert_ok(response, "infomaniak")
        self.assertEqual(response.json()["choices"][0]["message"]["reasoning"], "Let me see.")

    def test_a_stream_that_begins_with_a_thought_has_begun(self) -> None:
        """What comes first is content: a break behind it is told, and nobody else is asked."""
        self.world["infomaniak"].script([faults.stream(upto=2, then=faults.Then.CLOSE)])
        response = self.ask("thinker", stream=True)
        datas = [json.loads(data) for data in response.datas()]
        self.assertEqual(datas[1]["choices"][0]["delta"], {"reasoning": "Let me see."})
        self.assertIn("error", datas[-1])
        self.assertEqual(self.world["other"].requests, [])

    def test_its_own_name_for_a_limit_and_no_cache_key(self) -> None:
        self.api("infomaniak", rejects=("max_tokens", "prompt_cache_key"))
        self.assert_ok(self.ask("model-infomaniak", max_tokens=7, prompt_cache_key="a"), "infomaniak")
        self.assertEqual(self.sent(self.world["infomaniak"])["max_completion_tokens"], 7)

    def test_an_unknown_path_is_the_operators_mistake(self) -> None:
        self.api("infomaniak", prefix="/elsewhere")
        self.assert_operators("infomaniak", "upstream_misconfigured")


class Ionos(DialectCase):
    def test_an_answer_is_not_cut_after_16_tokens(self) -> None:
        response = self.chat({**LONG, "model": "model-ionos"})
        self.assert_ok(response, "ionos")
        self.assertEqual(response.json()["choices"][0]["finish_reason"], "stop")
        self.assertEqual(self.sent(self.world["ionos"])["max_tokens"], 4096)

    def test_a_clients_limit_holds_under_either_name(self) -> None:
        for name in ("max_tokens", "max_completion_tokens"):
            with self.subTest(name):
                response = self.chat({**LONG, "model": "model-ionos", name: 5})
                choice = response.json()["choices"][0]
                self.assertEqual((len(choice["message"]["content"].split()), choice["finish_reason"]), (5, "length"))
                self.assertEqual(self.sent(self.world["ionos"])["max_tokens"], 5)


class Ovhcloud(DialectCase):
    def test_a_body_over_2_mb_is_too_large(self) -> None:
        response = self.chat({**question("a" * (2 << 20)), "model": "model-ovhcloud"})
        self.assert_clients(response, "ovhcloud", "Request body too large", 413)

    def test_one_below_it_is_not(self) -> None:
        self.assert_ok(self.chat({**question("a" * ((2 << 20) - 4096)), "model": "model-ovhcloud"}), "ovhcloud")
