"""What a body may hold, what is read in it, and that everything else goes on byte for byte (spec §2, design §3)."""

from __future__ import annotations

import json

from support.case import CHAT, EMBEDDINGS, GatewayCase, image_question, question
from support.registry import World, agreement, model, single_world

TEXT = b'"messages":[{"role":"user","content":"hello"}]'
PREFERENCES = (
    "order",
    "only",
    "ignore",
    "allow_fallbacks",
    "sort",
    "data_residency",
    "eu_owned",
    "max_retention_days",
    "data_collection",
    "zdr",
    "max_price",
    "require_parameters",
    "providers",
    "region",
    "phi",
    "x_phi",
)


def nested(depth: int) -> bytes:
    """A valid chat body whose deepest array is `depth` levels below the text's start, the object itself counted."""
    return b'{"model":"model-a",' + TEXT + b',"x":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


class Validation(GatewayCase):
    def refuse(self, body: bytes | dict, code: str | tuple[str, ...], status: int = 400, **options) -> dict:
        response = self.chat(body, **options)
        error = self.assert_error(response, status, code)
        self.assert_untried(response)
        return error

    def test_what_is_no_json(self) -> None:
        for body in (
            b"",
            b" ",
            b"{",
            b"{]",
            b'{"model":"model-a",}',
            b"{'model':1}",
            b'{"model":"model-a" "x":1}',
            b"nul",
            b"{}x",
            b"{}{}",
            b"\xef\xbb\xbf{}",
            b'{"x":01}',
            b'{"x":1.}',
            b'{"x":+1}',
            b'{"x":NaN}',
            b'{"x":"\n"}',
            b'{"x":"\\x"}',
            b'{"x":"\\u12"}',
            b'{"x":tru}',
            b'{"model":"model-a",/**/"x":1}',
            b'{"x":"\\ud800"}',
            b"\x00",
            b'{"model":"model-a"}\x00',
        ):
            with self.subTest(body):
                self.refuse(body, "invalid_json")

    def test_the_byte_offset_is_told(self) -> None:
        error = self.refuse(b'{"model":"model-a",' + TEXT + b',"x":?}', "invalid_json")
        self.assertIn(str(len(b'{"model":"model-a",' + TEXT + b',"x":')), error["message"])

    def test_the_whole_body_is_validated_before_anything_is_sent(self) -> None:
        self.refuse(b'{"model":"model-a",' + TEXT + b',"z":[1,2,{"a":tru}]}', "invalid_json")

    def test_invalid_utf_8(self) -> None:
        for bad in (b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"):
            with self.subTest(bad):
                self.refuse(
                    b'{"model":"model-a","messages":[{"role":"user","content":"' + bad + b'"}]}', "invalid_json"
                )

    def test_depth_64_passes_and_65_does_not(self) -> None:
        self.assert_ok(self.chat(nested(64)))
        self.world.forget()
        self.refuse(nested(65), "invalid_json")
        self.refuse(b"[" * 100_000, "invalid_json")

    def test_what_is_no_object(self) -> None:
        for body in (b"[]", b'"x"', b"1", b"null", b"true"):
            with self.subTest(body):
                self.refuse(body, ("invalid_json", "invalid_request"))

    def test_a_model_must_be_named(self) -> None:
        for body in (b"{" + TEXT + b"}", b'{"model":"",' + TEXT + b"}"):
            with self.subTest(body[:12]):
                self.refuse(body, "missing_model")
        for value in (b"null", b"1", b"[]", b"{}", b"true"):
            with self.subTest(value):
                self.refuse(b'{"model":' + value + b"," + TEXT + b"}", ("missing_model", "invalid_request"))

    def test_stream_must_be_a_boolean(self) -> None:
        for value in (b'"true"', b"1", b"[]"):
            with self.subTest(value):
                self.refuse(b'{"model":"model-a","stream":' + value + b"," + TEXT + b"}", "invalid_request")

    def test_unknown_models_are_not_found(self) -> None:
        for name in (
            "model-b",
            "Model-A",
            "MODEL-A",
            "model-a ",
            "first/model-a",
            "..",
            "model-a\u0000",
            "EU",
            "a" * 5000,
        ):
            with self.subTest(name[:12]):
                self.refuse(question(model=name), "model_not_found", 404)

    def test_preferences_in_the_wrong_place(self) -> None:
        for name in PREFERENCES:
            with self.subTest(name):
                self.refuse(question(**{name: ["first"]}), "misplaced_preference")


class Ambiguity(GatewayCase):
    def refuse(self, body: bytes) -> None:
        response = self.chat(body)
        self.assert_error(response, 400, "ambiguous_body")
        self.assert_untried(response)

    def test_a_key_twice_at_the_top(self) -> None:
        for key, value in (
            ("model", '"model-a"'),
            ("stream", "false"),
            ("messages", "[]"),
            ("temperature", "1"),
            ("store", "true"),
            ("stream_options", "{}"),
        ):
            with self.subTest(key):
                member = f'"{key}":{value}'
                self.refuse(f'{{"model":"model-a",{TEXT.decode()},{member},{member}}}'.encode())

    def test_a_key_twice_once_unescaped(self) -> None:
        self.refuse(b'{"model":"model-a","mod\\u0065l":"model-b",' + TEXT + b"}")
        self.refuse(b'{"model":"model-a","\\u006dodel":"model-a",' + TEXT + b"}")

    def test_a_known_key_in_another_case(self) -> None:
        for key in ("Model", "MODEL", "Stream", "Messages", "Provider", "Stream_Options", "STORE", "\\u004dodel"):
            with self.subTest(key):
                self.refuse(b'{"model":"model-a",' + TEXT + b',"' + key.encode() + b'":1}')

    def test_a_known_key_in_another_case_alone(self) -> None:
        self.refuse(b'{"Model":"model-a",' + TEXT + b"}")

    def test_a_key_twice_in_an_object_that_is_read(self) -> None:
        cases = {
            "a message": b'"messages":[{"role":"user","content":"a","content":"b"}]',
            "a part": b'"messages":[{"role":"user","content":[{"type":"text","type":"image_url","text":"a"}]}]',
            "an escaped part": b'"messages":[{"role":"user","content":[{"type":"text","t\\u0079pe":"image_url","text":"a"}]}]',
            "stream_options": TEXT + b',"stream":true,"stream_options":{"include_usage":true,"include_usage":false}',
            "a tool": TEXT + b',"tools":[{"type":"function","type":"web_search","function":{"name":"f"}}]',
        }
        for name, members in cases.items():
            with self.subTest(name):
                self.refuse(b'{"model":"model-a",' + members + b"}")

    def test_keys_that_are_not_read_are_the_providers_affair(self) -> None:
        self.assert_ok(self.chat(b'{"model":"model-a",' + TEXT + b',"metadata":{"a":1,"a":2}}'))


class Parts(GatewayCase):
    def parts(self, *parts: dict) -> dict:
        return question(messages=[{"role": "user", "content": list(parts)}])

    def test_known_parts(self) -> None:
        self.assert_ok(self.chat(self.parts({"type": "text", "text": "a"})))
        self.assert_ok(self.chat(image_question()))
        refusal = question(
            messages=[
                {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
                {"role": "user", "content": "a"},
            ]
        )
        self.assert_ok(self.chat(refusal))

    def test_a_part_of_an_unknown_type(self) -> None:
        for part in (
            {"type": "hologram"},
            {"type": ""},
            {"type": 7},
            {"text": "no type"},
            {"type": "Text", "text": "a"},
        ):
            with self.subTest(part):
                response = self.chat(self.parts(part))
                self.assert_error(response, 400)
                self.assert_untried(response)

    def test_a_part_that_no_route_declares_has_no_route(self) -> None:
        for part in (
            {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}},
            {"type": "file", "file": {"file_data": "data:,"}},
        ):
            with self.subTest(part["type"]):
                response = self.chat(self.parts(part))
                self.assert_error(response, 422, "no_route")
                self.assert_untried(response)

    def test_any_image_in_any_message_makes_it_vision(self) -> None:
        world = self.world
        for part in ({"type": "image_url", "image_url": {"url": "https://images.example/a.png"}},):
            messages = [
                {"role": "user", "content": [part]},
                {"role": "assistant", "content": "ok"},
                {"role": "user", "content": "and?"},
            ]
            self.assert_ok(self.chat(question(messages=messages)))
            self.assertIn(
                "1 image", json.loads(self.chat(question(messages=messages)).body)["choices"][0]["message"]["content"]
            )
        self.assertEqual({one.target for one in world["first"].requests}, {"/first/v1/chat/completions"})

    def test_urls_are_passed_on_as_text_and_never_fetched(self) -> None:
        upstream = self.world["first"]
        url = upstream.base_url + "/models"
        self.assert_ok(self.chat(self.parts({"type": "image_url", "image_url": {"url": url}})))
        self.assertEqual([one.method for one in upstream.requests], ["POST"])
        self.assertIn(url.encode(), upstream.requests[0].body)


class AudioParts(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider("first", {"model-a": model("chat", features=["input_audio"])})
        return world

    def test_a_declared_feature_admits_its_part(self) -> None:
        part = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
        self.assert_ok(self.chat(question(messages=[{"role": "user", "content": [part]}])))


class Splice(GatewayCase):
    """Only what the gateway must change differs from what the client wrote."""

    def sent(self, body: bytes, path: str = CHAT) -> bytes:
        self.world.forget()
        self.assert_ok(self.post(path, body))
        return self.one_request(self.world["first"]).body

    def test_only_the_models_name_changes(self) -> None:
        for body in (
            b'{"model":"model-a",' + TEXT + b"}",
            b'{ "messages" : [ {"role":"user", "content":"h\\u00e9 \xc3\xa9 \\ud83d\\ude00 \\/"} ] ,\r\n\t"model"  :  "model-a" }',
            b'{"temperature":1.00000000000000000001,"seed":123456789012345678901234567890,"top_p":1E-2,"model":"model-a",'
            + TEXT
            + b"}",
            b'{"model":"model-a",'
            + TEXT
            + b',"x":{"b":1,"a":[1,2 , 3],"":null},"stop":["model-a","\\"model\\":\\"model-a\\""]}',
            b'{"model":"model-a",' + TEXT + b',"metadata":{"model":"model-a","stream":true}}',
            b'{"model":"model-a",' + TEXT + b',"-0":-0,"e":-1.5e+300}',
        ):
            with self.subTest(body[:30]):
                expected = (
                    body.replace(b'"model":"model-a",', b'"model":"first/model-a",', 1)
                    if b'"model":"model-a",' in body
                    else body.replace(b'"model"  :  "model-a"', b'"model"  :  "first/model-a"')
                )
                self.assertEqual(self.sent(body), expected)

    def test_an_escaped_model_is_the_same_model(self) -> None:
        sent = self.sent(b'{"mod\\u0065l":"model-\\u0061",' + TEXT + b"}")
        self.assertEqual(json.loads(sent), {"model": "first/model-a", **question(model="first/model-a")})

    def test_a_stream_asks_for_usage_and_keeps_the_rest(self) -> None:
        body = b'{"model":"model-a","stream" : true, ' + TEXT + b',"user":"u"}'
        sent = self.sent(body)
        self.assertTrue(sent.startswith(body[:-1].replace(b"model-a", b"first/model-a")), sent)
        self.assertEqual(json.loads(sent)["stream_options"], {"include_usage": True})

    def test_stream_options_are_kept_and_completed(self) -> None:
        for given in (
            {},
            {"include_obfuscation": False},
            {"include_usage": False, "include_obfuscation": True},
            {"include_usage": True},
        ):
            with self.subTest(given):
                sent = json.loads(self.sent(json.dumps(question(stream=True, stream_options=given)).encode()))
                self.assertEqual(sent["stream_options"], given | {"include_usage": True})

    def test_null_stream_options_count_as_absent(self) -> None:
        sent = json.loads(self.sent(json.dumps(question(stream=True, stream_options=None)).encode()))
        self.assertEqual(sent["stream_options"], {"include_usage": True})

    def test_embeddings_too(self) -> None:
        body = b'{"input" : ["a","b\\u0000c"], "model":"embed-a", "encoding_format":"float" }'
        self.assertEqual(self.sent(body, EMBEDDINGS), body.replace(b"embed-a", b"first/embed-a"))

    def test_a_body_of_a_megabyte(self) -> None:
        text = "zürich " * 130_000
        body = json.dumps(question(text), ensure_ascii=False).encode()
        self.assertEqual(self.sent(body), body.replace(b"model-a", b"first/model-a"))


class Dialect(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        dialect = {"rename": {"max_tokens": "max_completion_tokens"}, "drop": ["prompt_cache_key", "user"]}
        return single_world(endpoint={"request": dialect}, api={"rejects": ("max_tokens", "prompt_cache_key", "user")})

    def sent(self, **fields) -> dict:
        self.world.forget()
        self.assert_ok(self.chat(question(**fields)))
        return self.one_request(self.world["first"]).json()

    def test_fields_are_renamed_and_dropped(self) -> None:
        sent = self.sent(max_tokens=16, prompt_cache_key="k", temperature=0.5, user="u")
        self.assertEqual(sent, question(model="first/model-a", max_completion_tokens=16, temperature=0.5))

    def test_an_explicit_new_name_wins_over_the_old_one(self) -> None:
        sent = self.sent(max_tokens=16, max_completion_tokens=32)
        self.assertEqual(sent, question(model="first/model-a", max_completion_tokens=32))

    def test_fields_at_either_end_leave_valid_json(self) -> None:
        for body in (
            b'{"user":"u","model":"model-a",' + TEXT + b"}",
            b'{"model":"model-a",' + TEXT + b',"user":"u"}',
            b'{"user":"u","prompt_cache_key":"k","model":"model-a",' + TEXT + b',"max_tokens":1 }',
        ):
            with self.subTest(body[:20]):
                self.world.forget()
                self.assert_ok(self.chat(body))
                self.assertNotIn("user", self.one_request(self.world["first"]).json())


class ClassPhi(GatewayCase):
    """No field that makes a provider keep data or send it on."""

    FIELDS = {
        "store": {"store": True},
        "web search": {"web_search_options": {}},
        "a tool that is no function": {"tools": [{"type": "web_search"}]},
        "the second tool": {"tools": [{"type": "function", "function": {"name": "f"}}, {"type": "code_interpreter"}]},
        "extra_body": {"extra_body": {"a": 1}},
        "plugins": {"plugins": [{"id": "web"}]},
        "models": {"models": ["model-a"]},
        "route": {"route": "fallback"},
        "a stored file": {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]},
    }

    @classmethod
    def build_world(cls) -> World:
        return single_world(agreements=[agreement(["EU"])])

    def test_such_fields_are_refused_for_phi(self) -> None:
        for name, fields in self.FIELDS.items():
            with self.subTest(name):
                response = self.chat(question(**fields), phi="true")
                self.assert_error(response, 400, "unsupported_parameter")
                self.assert_untried(response)

    def test_they_pass_for_class_general(self) -> None:
        for name in ("store", "web search", "a tool that is no function", "plugins"):
            with self.subTest(name):
                self.assert_ok(self.chat(question(**self.FIELDS[name])))

    def test_harmless_forms_pass_for_phi(self) -> None:
        for fields in (
            {"store": False},
            {"tools": [{"type": "function", "function": {"name": "f"}}]},
            {"temperature": 0},
        ):
            with self.subTest(fields):
                self.assert_ok(self.chat(question(**fields), phi="true"))
