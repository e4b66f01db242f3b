"""The fields of a transcription's form: which there are, how often, and none dropped without a word (spec §2, §10)."""

from __future__ import annotations

import json
from typing import Any

from support.forms import FILE, MODEL, SOUND, FormsCase
from support.multipart import Part, field, file, form, part
from support.raw_client import Response

LISTS = ("timestamp_granularities[]", "include[]", "known_speaker_names[]", "known_speaker_references[]")
ONCE = ("model", "prompt", "language", "response_format", "temperature", "stream", "chunking_strategy")
PREFERENCES = ("order", "only", "ignore", "allow_fallbacks", "sort", "data_residency", "eu_owned", "max_retention_days")
PREFERENCES += ("data_collection", "zdr", "max_price", "require_parameters")


class Fields(FormsCase):
    def refused(self, *fields: Part, code: str, param: str | None, says: str = "") -> Response:
        return self.assert_refused(form(MODEL, *fields, FILE), code, param, says=says)

    def test_a_form_without_its_file(self) -> None:
        self.assert_refused(form(MODEL), "invalid_request", "file", says="missing")

    def test_a_form_without_its_model(self) -> None:
        for given in (form(FILE), form(field("model", ""), FILE)):
            self.assert_refused(given, "missing_model", "model")

    def test_a_file_without_a_filename(self) -> None:
        nameless = b'Content-Disposition: form-data; name="file"'
        for head in (nameless, nameless + b'; filename=""', nameless + b"; filename*=UTF-8''a.mp3"):
            with self.subTest(head):
                refused = form(MODEL, part(head, SOUND))
                self.assert_refused(refused, "invalid_request", "file", says="filename")

    def test_two_files(self) -> None:
        self.assert_refused(form(MODEL, FILE, FILE), "ambiguous_body", "file")
        self.assert_refused(form(MODEL, FILE, file("file[]", "b.mp3", SOUND)), "invalid_request", "file[]")

    def test_an_empty_file(self) -> None:
        self.assert_refused(form(MODEL, file("file", "a.mp3", b"")), "invalid_request", "file", says="empty")

    def test_a_field_that_is_sent_as_a_file(self) -> None:
        for name in (*ONCE, "provider", *LISTS):
            with self.subTest(name):
                self.assert_refused(form(file(name, "a.txt", b"auto"), FILE), "invalid_request", name)

    def test_unknown_fields(self) -> None:
        for name in (
            "modell",
            "temperature ",
            "models",
            "extra_body",
            "store",
            "metadata",
            "user",
            "input",
            "voice",
            "prompt[]",
            "model[]",
            "file_url",
            "include",
            "timestamp_granularities[0]",
            "__proto__",
            "ü",
            "x" * 5000,
        ):
            with self.subTest(name[:40]):
                response = self.transcribe(form(MODEL, field(name, "1"), FILE))
                error = self.assert_error(response, 400, "invalid_request")
                self.assertTrue(error["param"] and name.startswith(error["param"]), error)
                self.assertLess(len(response.body), 1000)
                self.assert_untried(response)

    def test_preferences_as_fields(self) -> None:
        for name in (*PREFERENCES, "providers", "region", "phi", "x_phi", "X-PHI", "x-region", "X_Region", "xphi"):
            with self.subTest(name):
                response = self.transcribe(form(MODEL, field(name, "true"), FILE))
                self.assert_error(response, 400, "misplaced_preference")
                self.assert_untried(response)

    def test_a_field_in_another_case(self) -> None:
        for name in (
            "Model",
            "FILE",
            "Prompt",
            "Provider",
            "PROVIDER",
            "Language",
            "Timestamp_Granularities[]",
            "ZDR",
            "Only",
        ):
            with self.subTest(name):
                given = form(MODEL, file(name, "a.mp3", SOUND) if name == "FILE" else field(name, "x"), FILE)
                response = self.transcribe(given)
                self.assert_error(response, 400, ("ambiguous_body", "misplaced_preference"))
                self.assert_untried(response)

    def test_misspelt_providers(self) -> None:
        for name in ("provider ", "pro_vider", "pro-vider", "provider_", "provider.zdr", "provider[zdr]"):
            with self.subTest(name):
                response = self.transcribe(form(MODEL, field(name, "{}"), FILE))
                self.assert_error(response, 400, ("ambiguous_body", "misplaced_preference", "invalid_request"))
                self.assert_untried(response)

    def test_a_field_twice(self) -> None:
        """Even when both say the same, and wherever the file stands."""
        values = {
            "model": "whisper-a",
            "language": "de",
            "response_format": "json",
            "temperature": "0",
            "stream": "false",
        }
        for name in (*ONCE, "provider"):
            twice = field(name, values.get(name, "{}" if name == "provider" else "auto"))
            others = () if name == "model" else (MODEL,)
            for given in (form(*others, twice, twice, FILE), form(*others, twice, FILE, twice)):
                with self.subTest(name):
                    self.assert_refused(given, "ambiguous_body", name)

    def test_a_list_may_stand_as_often_as_it_likes(self) -> None:
        words = [field("timestamp_granularities[]", one) for one in ("word", "segment", "word")]
        self.assert_takes(form(MODEL, *words, field("response_format", "verbose_json"), FILE))

    def test_values_that_are_no_utf_8(self) -> None:
        for name in ("prompt", "language", "model"):
            with self.subTest(name):
                others = () if name == "model" else (MODEL,)
                response = self.transcribe(form(*others, field(name, b"\xff\xfe"), FILE))
                error = self.assert_error(response, 400)
                self.assertEqual(error["param"], name)
                self.assert_untried(response)

    def test_formats_that_are_none(self) -> None:
        for name in ("", "xml", "JSON", " json", "diarized_json", "json,text"):
            with self.subTest(name):
                self.refused(
                    field("response_format", name), code="invalid_request", param="response_format", says="vtt"
                )

    def test_granularities_that_are_none(self) -> None:
        verbose = field("response_format", "verbose_json")
        for name in ("timestamp_granularities[]", "timestamp_granularities"):
            for value in ("", "words", "Word", "word,segment", '["word"]'):
                with self.subTest(name=name, value=value):
                    self.refused(verbose, field(name, value), code="invalid_request", param=name)

    def test_granularities_go_with_verbose_json_alone(self) -> None:
        param = "timestamp_granularities[]"
        for name in ("json", "text", "srt", "vtt", None):
            with self.subTest(name):
                told = [] if name is None else [field("response_format", name)]
                self.refused(*told, field(param, "word"), code="invalid_request", param=param)

    def test_what_no_route_has(self) -> None:
        """A stream, log probabilities, speakers told apart: named by the field that asks for them."""
        for name, value, param in (
            ("stream", "true", "stream"),
            ("include[]", "logprobs", "include[]"),
            ("known_speaker_names[]", "Anna", "known_speaker_names[]"),
            ("known_speaker_references[]", "data:audio/wav;base64,AA==", "known_speaker_references[]"),
        ):
            with self.subTest(name):
                self.refused(field(name, value), code="unsupported_parameter", param=param, says=f"'{param}'")

    def test_streams(self) -> None:
        self.assert_takes(form(MODEL, field("stream", "false"), FILE))
        for value in ("", "True", "1", "yes", "null", "tru"):
            with self.subTest(value):
                self.refused(field("stream", value), code="invalid_request", param="stream")

    def test_models_that_are_none(self) -> None:
        for name, status, code in (
            ("nowhere", 404, "model_not_found"),
            ("whisper-a:bogus", 400, "invalid_variant"),
            ("whisper-a:free", 422, "no_route"),
            ("WHISPER-A", 404, "model_not_found"),
            (" whisper-a", 404, "model_not_found"),
            ("openai/whisper-a", 404, "model_not_found"),
            ("x" * 100_000, 404, "model_not_found"),
        ):
            with self.subTest(name[:40]):
                response = self.transcribe(form(field("model", name), FILE))
                self.assert_error(response, status, code)
                self.assertLess(len(response.body), 2000)
                self.assert_untried(response)


class Provider(FormsCase):
    """The preferences, as one field with a JSON object."""

    def refused(self, given: Any, code: str, param: str | None) -> None:
        text = given if isinstance(given, str) else json.dumps(given)
        for fields in ((field("provider", text), FILE), (FILE, field("provider", text))):
            self.assert_refused(form(MODEL, *fields), code, param)

    def test_what_is_no_json(self) -> None:
        for text in (
            "",
            "{",
            "zdr",
            "{'zdr': true}",
            '{"zdr": true} {}',
            '{"a":\x00}',
            "\ufeff{}",
            "[" * 65 + "]" * 65,
        ):
            with self.subTest(text[:20]):
                self.refused(text, "invalid_json", "provider")

    def test_what_is_no_utf_8(self) -> None:
        given = form(MODEL, field("provider", b'{"order": ["\xff"]}'), FILE)
        self.assert_refused(given, "invalid_json", "provider")

    def test_what_is_no_object(self) -> None:
        for text in ("null", "true", "[]", '"zdr"', "1"):
            with self.subTest(text):
                self.refused(text, "invalid_provider_preferences", "provider")

    def test_members_that_are_wrong(self) -> None:
        for given, param in (
            ({"zdr": "true"}, "provider.zdr"),
            ({"zdr": None}, "provider.zdr"),
            ({"only": []}, "provider.only"),
            ({"only": ["nobody"]}, "provider.only[0]"),
            ({"ignore": ["first", "first"]}, "provider.ignore[1]"),
            ({"order": "first"}, "provider.order"),
            ({"zrd": True}, "provider.zrd"),
            ({"ZDR": True}, "provider.ZDR"),
            ({"max_price": {"prompt": 1}}, "provider.max_price"),
        ):
            with self.subTest(given):
                response = self.transcribe(form(MODEL, field("provider", json.dumps(given)), FILE))
                error = self.assert_error(response, 400, "invalid_provider_preferences")
                self.assertTrue((error["param"] or "").startswith(param), error)
                self.assert_untried(response)

    def test_a_member_twice(self) -> None:
        for text in (
            '{"zdr": true, "zdr": true}',
            '{"zdr": false, "\\u007adr": true}',
            '{"max_price": {"a": 1, "a": 1}}',
        ):
            with self.subTest(text):
                response = self.transcribe(form(MODEL, field("provider", text), FILE))
                self.assert_error(response, 400, "ambiguous_body")
                self.assert_untried(response)

    def test_it_is_never_sent_on(self) -> None:
        for text in ('{"only": ["first"]}', "{}", ' {"zdr":\ttrue}\n', '{"zdr": false, "sort": "price"}'):
            with self.subTest(text):
                self.world.forget()
                self.assert_ok(self.transcribe(form(MODEL, FILE, field("provider", text))), "first")
                sent = self.one_request(self.world["first"])
                self.assertNotIn("provider", sent.form().names)
                self.assertNotIn(b"zdr", sent.body)
