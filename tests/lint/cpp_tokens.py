"""C++ as a list of tokens: as much of the language as the checks beside this file need.

Comments are dropped; a string or character literal is one token whose text is a quote, so that nothing inside it is
taken for code; a preprocessor line is one token that begins with `#`.
"""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>//(?:[^\n\\]|\\.|\\\n)*|/\*.*?\*/)
  | (?P<raw>(?:u8|[uUL])?R"(?P<fence>[^()\\\s]{0,16})\(.*?\)(?P=fence)")
  | (?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.|\\\n)*")
  | (?P<char>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+')
  | (?P<number>\.?[0-9](?:[eEpP][+-]|'(?=[0-9a-zA-Z])|[0-9a-zA-Z_.])*)
  | (?P<word>[A-Za-z_$][A-Za-z0-9_$]*)
  | (?P<mark>->\*?|::|<<=|<=>|&&|\|\||<<|==|!=|<=|>=|\+\+|--|[-+*/%&|^]=|\.\.\.|.)
    """,
    re.VERBOSE | re.DOTALL,
)
# A directive runs over continued lines, and a comment may start on it.
_DIRECTIVE = re.compile(r"[ \t]*\#(?:[^\n\\]|\\\n|\\.)*")


@dataclass(frozen=True)
class Token:
    text: str
    line: int


def tokens_of(source: str) -> list[Token]:
    tokens: list[Token] = []
    position, line, line_begins = 0, 1, True
    while position < len(source):
        directive = _DIRECTIVE.match(source, position) if line_begins else None
        match = directive or _TOKEN.match(source, position)
        if directive:
            tokens.append(Token(directive.group().strip(), line))
        elif match.lastgroup in ("raw", "string", "char"):
            tokens.append(Token('"', line))
        elif match.lastgroup in ("number", "word", "mark"):
            tokens.append(Token(match.group(), line))
        text = match.group()
        line += text.count("\n")
        line_begins = text.isspace() and (line_begins or "\n" in text)
        position = match.end()
    return tokens
