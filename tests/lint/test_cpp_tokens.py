import unittest

from .cpp_tokens import tokens_of


def texts(source: str) -> list[str]:
    return [token.text for token in tokens_of(source)]


class Tokens(unittest.TestCase):
    def test_comments_are_dropped(self):
        self.assertEqual(texts("a // b\nc /* d\n e */ f"), ["a", "c", "f"])

    def test_a_continued_line_comment_is_dropped_whole(self):
        self.assertEqual(texts("a // b \\\n still comment\nc"), ["a", "c"])

    def test_code_inside_literals_is_hidden(self):
        self.assertEqual(texts('f("co_await // \\" {", \'{\')'), ["f", "(", '"', ",", '"', ")"])

    def test_a_raw_string_ends_at_its_own_fence(self):
        self.assertEqual(texts('R"x()" co_await )x" + a'), ['"', "+", "a"])

    def test_a_digit_separator_opens_no_character_literal(self):
        self.assertEqual(texts("1'000'000 + 'x' + 0x1'Fp-3"), ["1'000'000", "+", '"', "+", "0x1'Fp-3"])

    def test_a_directive_is_one_token_over_its_continued_lines(self):
        self.assertEqual(texts("x\n  #define A(b) \\\n  { b }\ny"), ["x", "#define A(b) \\\n  { b }", "y"])

    def test_a_hash_inside_a_line_is_no_directive(self):
        self.assertEqual(texts("a # b"), ["a", "#", "b"])

    def test_lines_are_counted_through_everything_that_spans_them(self):
        tokens = tokens_of('a\n/*\n*/ b R"(\n\n)" c\n#if 1 \\\n\nd')
        self.assertEqual([(token.text[:1], token.line) for token in tokens], [("a", 1), ("b", 3), ('"', 3), ("c", 5), ("#", 6), ("d", 8)])


if __name__ == "__main__":
    unittest.main()
