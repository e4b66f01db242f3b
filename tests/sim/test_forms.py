"""Forms are read to the letter."""

from __future__ import annotations

import unittest

from support.multipart import Form, field, file, form, part

from sim import forms

PARTS = (field("model", "a"), file("file", 'my "own".mp3', b"\r\n--x\x00"), field("model", "ü"))


def parsed(given: Form) -> forms.Form:
    return forms.parse(given.content_type, given.body)


class Forms(unittest.TestCase):
    def test_what_is_built_is_read(self) -> None:
        read = parsed(form(*PARTS, boundary="a'b_c"))
        self.assertEqual(read.names, ["model", "file", "model"])
        self.assertEqual([one.text for one in read.all("model")], ["a", "ü"])
        found = read.one("file")
        self.assertEqual(found, forms.Part("file", b"\r\n--x\x00", 'my "own".mp3', "audio/mpeg"))
        self.assertEqual(read.text("absent", "otherwise"), "otherwise")

    def test_a_name_twice_is_not_one(self) -> None:
        with self.assertRaises(ValueError):
            parsed(form(*PARTS)).one("model")

    def test_a_form_without_parts_is_malformed(self) -> None:
        with self.assertRaises(ValueError):
            parsed(form())

    def test_what_a_browser_would_not_send_is_malformed(self) -> None:
        good = form(field("a", "1"))
        cases = {
            "unclosed": form(field("a", "1"), end=b""),
            "bytes behind the end": form(field("a", "1"), end=b"--\r\nmore"),
            "a preamble": form(field("a", "1"), preamble=b"hello\r\n"),
            "bare LFs": form(field("a", "1"), line_end=b"\n"),
            "another boundary": form(field("a", "1"), said="multipart/form-data; boundary=other"),
            "no boundary": form(field("a", "1"), said="multipart/form-data"),
            "two boundaries": form(field("a", "1"), said="multipart/form-data; boundary=a; boundary=b"),
            "a boundary of 71": form(field("a", "1"), boundary="b" * 71),
            "another type": form(field("a", "1"), said="multipart/mixed; boundary=a"),
            "no disposition": form(part(b"Content-Type: text/plain", b"1")),
            "two dispositions": form(part(b"Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data")),
            "two names": form(part(b'Content-Disposition: form-data; name="a"; name="b"')),
            "an unknown header": form(part(b'Content-Disposition: form-data; name="a"\r\nX-Odd: 1')),
            "no head": Form(good.content_type, good.body.replace(b"\r\n\r\n", b"\r\n")),
        }
        for name, given in cases.items():
            with self.subTest(name), self.assertRaises(ValueError):
                parsed(given)


if __name__ == "__main__":
    unittest.main()
