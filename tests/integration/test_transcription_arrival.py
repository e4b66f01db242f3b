"""When a transcription's form is judged, and how it may come: early, late, in pieces, or not at all (threats §1)."""

from __future__ import annotations

import time

from support.case import TRANSCRIPTIONS, recording
from support.forms import FILE, MODEL, SOUND, FormsCase
from support.multipart import BOUNDARY, Form, Part, field, file, form, part
from support.raw_client import request_bytes

MIB = 1 << 20


class Arrival(FormsCase):
    def large(self, *parts: Part) -> Form:
        return form(*parts, file("file", "voice.mp3", bytes(2 * MIB)))

    def test_a_wrong_part_is_refused_before_the_file_was_sent(self) -> None:
        wrong = {
            "an unknown field": (field("modell", "whisper-a"), "invalid_request"),
            "another case": (field("Model", "whisper-a"), "ambiguous_body"),
            "a preference": (field("zdr", "true"), "misplaced_preference"),
            "a file that is none": (part(b'Content-Disposition: form-data; name="file"'), "invalid_request"),
            "a head without a name": (part(b"Content-Disposition: form-data"), "bad_request"),
        }
        for name, (one, code) in wrong.items():
            with self.subTest(name):
                given = self.large(one)
                connection = self.begin(given)
                connection.send(given.body[: len(form(one, end=b"").body) + 100])
                started = time.monotonic()
                response = connection.read_response()
                self.assertLess(time.monotonic() - started, 2.0)
                self.assert_error(response, 400, code)
                self.assertEqual(response.header("connection"), "close")
                self.assert_untried(response)

    def test_a_second_file_is_refused_when_it_begins(self) -> None:
        given = form(MODEL, FILE, file("file", "b.mp3", bytes(2 * MIB)))
        connection = self.begin(given)
        connection.send(given.body[:1000])
        self.assert_says(connection.read_response(), "ambiguous_body", "file")

    def test_the_answer_reaches_a_client_that_sends_on(self) -> None:
        """Not lost in a reset: the gateway reads on for a while."""
        given = self.large(field("modell", "whisper-a"))
        for framing in ("length", "chunked"):
            with self.subTest(framing):
                connection = self.connect(timeout=20.0)
                told = (
                    [("Transfer-Encoding", "chunked")]
                    if framing == "chunked"
                    else [("Content-Length", str(len(given.body)))]
                )
                connection.send(request_bytes("POST", TRANSCRIPTIONS, [*given.headers, *told]))
                body = given.body if framing == "length" else b"%x\r\n%b\r\n0\r\n\r\n" % (len(given.body), given.body)
                connection.try_send(body)
                self.assert_says(connection.read_response(), "invalid_request", "modell")

    def test_one_byte_at_a_time(self) -> None:
        given = form(FILE, MODEL, field("language", "de"), preamble=b"x\r\n")
        for framing in ("length", "chunked"):
            with self.subTest(framing):
                self.world.forget()
                connection = self.connect()
                if framing == "length":
                    pieces = [bytes([byte]) for byte in given.body]
                    told = ("Content-Length", str(len(given.body)))
                else:
                    pieces = [*(b"1\r\n%c\r\n" % byte for byte in given.body), b"0\r\n\r\n"]
                    told = ("Transfer-Encoding", "chunked")
                connection.send(request_bytes("POST", TRANSCRIPTIONS, [*given.headers, told]))
                for piece in pieces:
                    connection.send(piece)
                self.assert_ok(connection.read_response(), "first")
                self.assertEqual(self.one_request(self.world["first"]).form().one("file").value, SOUND)

    def test_any_two_pieces(self) -> None:
        """A large form that is judged while it arrives, cut once at every place near a boundary."""
        audio = b"\r\n--" + BOUNDARY.encode()[:-1] + bytes(20_000)
        given = form(MODEL, file("file", "voice.mp3", audio), field("language", "de"))
        begin = given.body.index(bytes(20_000)) + 20_000
        connection = self.connect()
        for cut in (*range(begin - 4, begin + 60), len(given.body) - 3):
            connection.send(
                request_bytes("POST", TRANSCRIPTIONS, [*given.headers, ("Content-Length", str(len(given.body)))])
            )
            connection.send(given.body[:cut])
            connection.send(given.body[cut:])
            self.assert_ok(connection.read_response(), "first")
        self.assertEqual({one.form().one("file").value for one in self.world["first"].requests}, {audio})

    def test_a_client_that_waits_to_go_on(self) -> None:
        given = recording()
        connection = self.begin(given, ("Expect", "100-continue"))
        self.assertEqual(connection.read_response().status, 100)
        connection.send(given.body)
        self.assert_ok(connection.read_response(), "first")

    def test_it_is_not_told_to_go_on_with_what_is_refused_by_its_head(self) -> None:
        connection = self.begin(form(MODEL, FILE, said="text/plain"), ("Expect", "100-continue"))
        self.assert_says(connection.read_response(), "unsupported_media_type", None, 415)

    def test_a_connection_serves_on_behind_a_bad_form(self) -> None:
        connection = self.connect()
        for _ in range(3):
            response = self.transcribe(form(MODEL), connection=connection)
            self.assert_says(response, "invalid_request", "file")
            self.assert_ok(self.transcribe(form(MODEL, FILE), connection=connection), "first")
            self.world.forget()

    def test_nothing_of_a_form_is_taken_for_the_next_request(self) -> None:
        """What follows a form that is refused on its way is part of it."""
        smuggled = b"GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n"
        given = form(field("modell", "x"), file("file", "a.mp3", smuggled * 1000))
        connection = self.begin(given)
        connection.try_send(given.body)
        self.assert_says(connection.read_response(), "invalid_request", "modell")
        self.assertTrue(connection.closed())

    def test_a_form_that_crawls_is_given_up_after_ten_seconds(self) -> None:
        given = form(MODEL, FILE)
        connection = self.begin(given)
        connection.send(given.body[:40])
        self.assert_says(connection.read_response(), "request_timeout", None, 408)
        self.assertTrue(connection.closed())

    def test_a_client_that_goes_in_its_form(self) -> None:
        given = self.large(MODEL)
        for cut in (0, 50, MIB):
            connection = self.begin(given)
            connection.send(given.body[:cut])
            connection.reset()
        self.assert_takes(form(MODEL, FILE))
