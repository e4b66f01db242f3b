"""Forms as nobody should send them: refused with the reason, and never guessed at (threats §1)."""

from __future__ import annotations

import json

from support.case import TRANSCRIPTIONS
from support.forms import FILE, MODEL, SOUND, FormsCase
from support.multipart import BOUNDARY, Form, field, file, form, part
from support.raw_client import request_bytes

MIB = 1 << 20


class Types(FormsCase):
    def test_what_is_no_form_at_all(self) -> None:
        for said in (
            "application/json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/mixed; boundary=x",
            "multipart/form-datax; boundary=x",
            "multipart/form-data, multipart/form-data; boundary=x",
            "multipart/form-data boundary=x",
            "",
        ):
            with self.subTest(said):
                self.assert_refused(form(MODEL, FILE, boundary="x", said=said), "unsupported_media_type", None, 415)

    def test_boundaries_that_are_none(self) -> None:
        for said in (
            "",
            "; boundary=",
            '; boundary=""',
            '; boundary="x',
            "; boundary=x; boundary=x",
            "; boundary=x; BOUNDARY=y",
            "; boundary=x; boundary*=UTF-8''y",
            "; boundary=" + "x" * 71,
            '; boundary="x "',
            '; boundary="x\ty"',
            "; boundary=x[]",
            "; boundary=\xfc",
            "; charset=utf-8",
        ):
            with self.subTest(said):
                given = form(MODEL, FILE, boundary="x", said="multipart/form-data" + said)
                # What no header may hold is refused ahead of what it says.
                says = "boundary" if said.isascii() and said.isprintable() else ""
                self.assert_refused(given, "bad_request", says=says)

    def test_boundaries_that_are_sound(self) -> None:
        for boundary, said in (
            ("x", "multipart/form-data; boundary=x"),
            ("x" * 70, "multipart/form-data; boundary=" + "x" * 70),
            ("a b", 'multipart/form-data; boundary="a b"'),
            ("'()+_,-./:=?", 'multipart/form-data; boundary="\'()+_,-./:=?"'),
            ("x", 'Multipart/Form-Data;charset=utf-8 ; Boundary="x"'),
            ("--", "multipart/form-data; boundary=--"),
        ):
            with self.subTest(said):
                self.assert_takes(form(MODEL, FILE, boundary=boundary, said=said))

    def test_two_content_types(self) -> None:
        given = form(MODEL, FILE)
        response = self.transcribe(given, headers=[("Content-Type", given.content_type)])
        self.assert_says(response, "unsupported_media_type", None, 415, "one Content-Type")

    def test_json(self) -> None:
        body = json.dumps({"model": "whisper-a", "file": "x"}).encode()
        response = self.post(TRANSCRIPTIONS, body)
        self.assert_says(response, "unsupported_media_type", None, 415, "multipart/form-data")

    def test_an_encoded_body(self) -> None:
        for coding in ("gzip", "br", "deflate", "gzip, identity"):
            with self.subTest(coding):
                response = self.transcribe(form(MODEL, FILE), headers=[("Content-Encoding", coding)])
                self.assert_says(response, "unsupported_media_type", None, 415)
        self.assert_ok(self.transcribe(form(MODEL, FILE), headers=[("Content-Encoding", "identity")]), "first")

    def test_other_methods(self) -> None:
        for method in ("GET", "PUT", "DELETE"):
            response = self.get(TRANSCRIPTIONS, method=method)
            self.assert_error(response, 405, "method_not_allowed")
            self.assertEqual(response.header("allow"), "POST, OPTIONS")
        given = form(MODEL, FILE)
        response = self.post("/v1/audio/translations", given.body, headers=given.headers)
        self.assert_says(response, "not_found", None, 404, TRANSCRIPTIONS)

    def test_policy_comes_before_the_form(self) -> None:
        given = form(FILE, said="text/plain")
        self.assert_error(self.transcribe(given, phi="perhaps"), 400, "invalid_phi")
        self.assert_error(self.transcribe(given, region="MARS"), 400, "invalid_region")
        self.assert_error(self.transcribe(given, headers=[("X-Phi-Mode", "true")]), 400, "unknown_policy_header")


class Shapes(FormsCase):
    def test_no_parts(self) -> None:
        for name, body in {
            "an empty body": b"",
            "no boundary in it": b"hello",
            "another boundary": form(MODEL, FILE, boundary="other").body,
            "a blank line": b"\r\n",
            "the opening alone": b"--" + BOUNDARY.encode(),
            "the closing alone": b"--" + BOUNDARY.encode() + b"--\r\n",
        }.items():
            with self.subTest(name):
                self.assert_error(self.transcribe(Form(form().content_type, body)), 400)
        self.assertEqual(self.world.requests(), 0)

    def test_the_closing_boundary_is_missing(self) -> None:
        for end in (b"", b"\r\n", b"-", b"-\r\n", b"\r\n--"):
            with self.subTest(end):
                self.assert_error(self.transcribe(form(MODEL, FILE, end=end)), 400, "bad_request")
        self.assertEqual(self.world.requests(), 0)

    def test_a_form_cut_anywhere(self) -> None:
        """However short: refused as a whole, never taken for what there is of it."""
        whole = form(FILE, MODEL, field("language", "de"))
        closed = whole.body.rindex(b"--") + 2
        connection = self.connect()
        for cut in range(1, closed):
            response = self.transcribe(Form(whole.content_type, whole.body[:cut]), connection=connection)
            self.assertEqual(response.status, 400, cut)
            if response.header("connection") == "close":
                connection = self.connect()
        self.assertEqual(self.world.requests(), 0)
        self.assert_takes(Form(whole.content_type, whole.body[:closed]))

    def test_what_stands_around_the_parts_is_ignored(self) -> None:
        almost = b"--" + BOUNDARY.encode()[:-1] + b"\r\n"
        for preamble in (b"", b"\r\n", b"a preamble\r\n", almost, b"\n" * 500 + b"\r\n"):
            for end in (b"--", b"--\r\n", b"--\n", b"-- \t\r\n", b"--\r\nan epilogue", b"--\r\n" + almost):
                with self.subTest(preamble=preamble[:20], end=end[:20]):
                    self.assert_takes(form(MODEL, FILE, preamble=preamble, end=end))

    def test_no_part_is_dropped_that_another_parser_would_read(self) -> None:
        """A preference that goes unheeded widens where the request may go."""
        delimiter = b"--" + BOUNDARY.encode()
        only = field("provider", '{"only": ["second"]}')
        hidden = delimiter + b"\r\n" + only.head + b"\r\n\r\n" + only.value + b"\r\n"
        prompt = b'Content-Disposition: form-data; name="prompt"'
        sound = b'Content-Disposition: form-data; name="file"; filename="a.mp3"'
        self.assert_ok(self.transcribe(form(MODEL, FILE, only)), "second")
        self.world.forget()
        forms = {}
        for name, before in {"LF": b"\n", "CR": b"\r", "BOM": b"\xef\xbb\xbf", "a space": b" ", "text": b"a\r\nb"}.items():
            forms[f"behind {name}, ahead of the parts"] = form(MODEL, FILE, preamble=before + hidden)
            forms[f"behind {name}, in a field"] = form(MODEL, part(prompt, b"a" + before + hidden[:-2]), FILE)
            forms[f"behind {name}, in the file"] = form(MODEL, part(sound, SOUND + before + hidden[:-2]))
            forms[f"behind {name}, behind the parts"] = form(MODEL, FILE, end=b"--\r\n" + before + hidden)
        forms["right behind the parts"] = form(MODEL, FILE, end=b"--\r\n" + hidden + delimiter + b"--\r\n")
        forms["behind a closing line that goes on"] = form(MODEL, FILE, end=b"--x\r\n" + hidden)
        for line_end in (b"\n", b"\r"):
            forms[f"in lines with {line_end!r}"] = form(MODEL, only, FILE, line_end=line_end)
            last = (hidden + delimiter).replace(b"\r\n", line_end)
            forms[f"last, in lines with {line_end!r}"] = form(MODEL, FILE, end=b"--\r\n" + last + b"--")
        for name, given in forms.items():
            with self.subTest(name):
                self.assert_refused(given, "bad_request", says="The form is malformed")

    def test_a_name_that_another_parser_would_read(self) -> None:
        disposition = b'Content-Disposition: form-data; name="prompt"'
        for more in (b"; name*=UTF-8''provider", b'; name*0="provider"', b'; x="\\"; name=provider; y="'):
            with self.subTest(more):
                given = form(MODEL, part(disposition + more, b'{"only": ["second"]}'), FILE)
                self.assert_refused(given, "bad_request", says="another name")

    def test_a_form_within_the_form(self) -> None:
        inner = b"--q\r\n" + MODEL.head + b"\r\n\r\nother\r\n--q--\r\n"
        for said in ("multipart/mixed; boundary=q", "Multipart/Form-Data; boundary=q", "message/rfc822"):
            with self.subTest(said):
                given = form(MODEL, file("file", "a.mp3", inner, said))
                self.assert_refused(given, "bad_request", says="parts of its own")

    def test_a_filename_that_ends_in_a_backslash(self) -> None:
        """To a parser that knows mail's escapes it would swallow the quote behind it."""
        head = b'Content-Disposition: form-data; name="file"; filename="a\\\\"'
        self.assert_refused(form(MODEL, part(head, SOUND)), "bad_request", says="backslash")

    def test_padding_behind_a_boundary(self) -> None:
        boundary = BOUNDARY.encode()
        padded = form(MODEL, FILE).body.replace(boundary + b"\r\n", boundary + b" \t \r\n")
        self.assert_takes(Form(form().content_type, padded))
        over = form(MODEL, FILE).body.replace(boundary + b"\r\n", boundary + b" " * 257 + b"\r\n", 1)
        self.assert_error(self.transcribe(Form(form().content_type, over)), 400, "bad_request")

    def test_a_boundary_that_goes_on_within_its_line(self) -> None:
        boundary = BOUNDARY.encode()
        body = form(MODEL, FILE).body.replace(boundary + b"\r\n", boundary + b"y\r\n", 1)
        self.assert_error(self.transcribe(Form(form().content_type, body)), 400, "bad_request")

    def test_bare_line_feeds(self) -> None:
        self.assert_error(self.transcribe(form(MODEL, FILE, line_end=b"\n")), 400, "bad_request")
        head = b'Content-Disposition: form-data; name="model"\nX-Other: 1'
        self.assert_refused(form(part(head, b"whisper-a"), FILE), "bad_request")

    def test_heads_of_parts(self) -> None:
        disposition = b'Content-Disposition: form-data; name="model"'
        for name, head in {
            "none": b"",
            "no disposition": b"Content-Type: text/plain",
            "no name": b"Content-Disposition: form-data",
            "an empty name": b'Content-Disposition: form-data; name=""',
            "no form-data": b'Content-Disposition: attachment; name="model"',
            "two names": disposition + b'; name="file"',
            "two names in two cases": disposition + b'; NAME="file"',
            "two dispositions": disposition + b"\r\n" + disposition,
            "two types": disposition + b"\r\nContent-Type: a/b\r\nContent-Type: a/b",
            "an unclosed quote": b'Content-Disposition: form-data; name="model',
            "no colon": disposition + b"\r\nhello",
            "a space before the colon": b'Content-Disposition : form-data; name="model"',
            "a folded line": b'Content-Disposition: form-data;\r\n name="model"',
            "a NUL": b'Content-Disposition: form-data; name="mo\x00del"',
            "a bare CR": disposition + b"\rX: 1",
            "a name that is no UTF-8": b'Content-Disposition: form-data; name="\xff"',
            "an escaped line end": b'Content-Disposition: form-data; name="model%0D%0AX: 1"',
            "an encoding": disposition + b"\r\nContent-Transfer-Encoding: base64",
        }.items():
            with self.subTest(name):
                self.assert_refused(form(part(head, b"whisper-a"), FILE), "bad_request")

    def test_a_head_that_ends_in_the_boundary(self) -> None:
        body = b"--b\r\n" + MODEL.head + b"\r\n\r\n--b--\r\n"
        self.assert_error(self.transcribe(form(boundary="b", said=None)), 400)
        self.assert_refused(Form("multipart/form-data; boundary=b", body), "bad_request")

    def test_a_boundary_within_a_head(self) -> None:
        """Even where it would be a header's name: to others the form, or the part, ends there."""
        head = b'Content-Disposition: form-data; name="model"'
        for name, lines in {
            "that goes on as a field": head + b"\r\n--b: 1",
            "that closes and goes on": head + b"\r\n--b--X: 1",
            "ahead of the disposition": b"--bX: 1\r\n" + head,
            "that begins a part": head + b"\r\n--b\r\n" + head,
        }.items():
            with self.subTest(name):
                self.world.forget()
                given = form(part(lines, b"whisper-a"), FILE, boundary="b")
                self.assert_refused(given, "bad_request")

    def test_names_in_any_way_that_a_client_may_write_them(self) -> None:
        for head in (
            b"Content-Disposition: form-data; name=model",
            b'content-disposition:form-data;name="model"',
            b'CONTENT-DISPOSITION: FORM-DATA; NAME="model"',
            b'Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="model"',
            b'Content-Disposition: form-data; name="model"\r\nContent-Transfer-Encoding: 8bit',
            b'Content-Disposition: form-data; name="model"\r\nX-Other: 1',
        ):
            with self.subTest(head):
                self.assert_takes(form(part(head, b"whisper-a"), FILE))


class Limits(FormsCase):
    def parts(self, count: int) -> Form:
        """All but two of them the one field that may stand more than once, without changing anything."""
        asked = field("response_format", "verbose_json")
        many = [field("timestamp_granularities[]", "word")] * (count - 3)
        return form(MODEL, asked, *many, FILE)

    def test_parts(self) -> None:
        self.assert_takes(self.parts(64))
        self.assert_refused(self.parts(65), "bad_request", says="64")

    def test_the_head_of_a_part(self) -> None:
        head = b'Content-Disposition: form-data; name="model"\r\nX-Padding: '
        # With the blank line that ends it, 8 KiB.
        room = 8192 - len(head) - len(b"\r\n")
        self.assert_takes(form(part(head + b"x" * room, b"whisper-a"), FILE))
        self.assert_refused(form(part(head + b"x" * (room + 1), b"whisper-a"), FILE), "bad_request", says="8192")

    def test_a_fields_value(self) -> None:
        self.assert_takes(form(MODEL, field("prompt", "x" * (256 << 10)), FILE))
        over = form(MODEL, field("prompt", "x" * ((256 << 10) + 1)), FILE)
        self.assert_refused(over, "bad_request", says="262144")

    def test_a_body_of_exactly_the_limit(self) -> None:
        room = 25 * MIB - len(form(MODEL, file("file", "voice.mp3", b"")).body)
        audio = bytes(room)
        self.assert_ok(self.transcribe(form(MODEL, file("file", "voice.mp3", audio))), "first")
        self.assertEqual(self.one_request(self.world["first"]).form().one("file").value, audio)

    def test_one_more_is_refused_before_any_of_it_is_read(self) -> None:
        for more in ((), (("Expect", "100-continue"),)):
            connection = self.begin(form(MODEL), *more, length=25 * MIB + 1)
            response = connection.read_response()
            self.assert_says(response, "payload_too_large", None, 413)
            self.assertTrue(connection.closed())

    def test_one_more_in_chunks_is_refused_on_the_way(self) -> None:
        connection = self.connect(timeout=20.0)
        given = form(MODEL, file("file", "voice.mp3", b""), end=b"")
        framing = [("Transfer-Encoding", "chunked"), *given.headers]
        connection.send(request_bytes("POST", TRANSCRIPTIONS, framing))
        connection.send(b"%x\r\n%b\r\n" % (len(given.body), given.body))
        piece = b"%x\r\n%b\r\n" % (MIB, bytes(MIB))
        for _ in range(24):
            connection.send(piece)
        left = 25 * MIB - 24 * MIB - len(given.body)
        connection.send(b"%x\r\n%b\r\n" % (left, bytes(left)))
        self.assertTrue(connection.silent(0.05), "exactly the limit is no fault")
        connection.try_send(b"1\r\nx\r\n")
        self.assert_says(connection.read_response(), "payload_too_large", None, 413)
        self.assertTrue(connection.closed())
