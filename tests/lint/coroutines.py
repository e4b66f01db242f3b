"""The rules for coroutines. g++ 12.2 compiles what they refuse into use-after-free and double-free, without a warning.

One `co_await` a statement; that statement has no `?:`, no brace list and no capturing lambda. No `co_await` in a
handler or while a lock is held. No `detached`: an exception would vanish.

The scanner follows blocks, brace lists, lambdas and control heads. It knows no types: what the operands are (named
locals, scalars, temporaries made by a constructor call) stays with the reviewer.
"""

from dataclasses import dataclass, field

from .cpp_tokens import Token, tokens_of

_CONTROL = frozenset(("if", "while", "for", "switch", "catch"))
_BLOCK_WORDS = frozenset(("else", "do", "try"))
_LABELS = frozenset(("case", "default", "public", "protected", "private"))
_TYPE_WORDS = frozenset(("namespace", "struct", "class", "union", "enum", "extern"))
_AFTER_PARAMETERS = frozenset(("const", "noexcept", "override", "final", "mutable", "&", "&&", "volatile"))
_LOCKS = frozenset(("lock_guard", "scoped_lock", "unique_lock", "shared_lock"))
_CLOSING = {"(": ")", "[": "]", "{": "}"}
# After one of these `[` indexes something; after any other token it opens a lambda.
_INDEXED_AFTER = frozenset((")", "]", '"'))
_NO_OPERAND = frozenset(("return", "co_return", "co_await", "co_yield", "case", "throw", "else", "do", "and", "or", "not"))


@dataclass(frozen=True)
class Fault:
    line: int
    message: str


@dataclass
class _Statement:
    tokens: list[Token] = field(default_factory=list)  # those outside of groups
    awaits: list[Token] = field(default_factory=list)
    ternary: bool = False
    brace_list: bool = False
    capture: bool = False
    lock: bool = False


@dataclass(frozen=True)
class _Block:
    handler: bool = False  # inside a catch
    locked: bool = False   # a lock was taken before, in this block or one around it


def faults_of(source: str) -> list[Fault]:
    tokens = [token for token in tokens_of(source) if not token.text.startswith("#")]
    scanner = _Scanner(tokens)
    position = 0
    while position < len(tokens):
        position = scanner.block(position, _Block())
    return sorted(scanner.faults, key=lambda fault: fault.line)


class _Scanner:
    def __init__(self, tokens: list[Token]):
        self._tokens = tokens
        self.faults: list[Fault] = []
        for token in tokens:
            if token.text == "detached":
                self._fault(token, "`detached` loses exceptions: pass a handler that logs them")

    def block(self, position: int, block: _Block) -> int:
        """Scans statements up to the `}` that ends the block; returns the position after it."""
        statement = _Statement()
        handler_next = False
        while position < len(self._tokens):
            token = self._tokens[position]
            if token.text == "}":
                self._finish(statement, block)
                return position + 1
            if token.text == ";":
                block = self._finish(statement, block)
                statement, handler_next = _Statement(), False
                position += 1
            elif token.text == ":" and statement.tokens and statement.tokens[0].text in _LABELS:
                statement = _Statement()
                position += 1
            elif token.text == "{" and _opens_block(statement.tokens):
                self._finish(statement, block)
                inner = _Block(handler=block.handler or handler_next, locked=block.locked)
                position = self.block(position + 1, inner)
                statement, handler_next = _Statement(), False
            elif token.text in _CONTROL and all(before.text in _BLOCK_WORDS for before in statement.tokens):
                position = self._head(position, block)
                statement, handler_next = _Statement(), token.text == "catch"
            else:
                position = self._expression(position, statement)
        self._finish(statement, block)
        return position

    def _head(self, position: int, block: _Block) -> int:
        """`if constexpr (…)`: the head is a statement of its own, apart from the one that it governs."""
        head = _Statement()
        while position < len(self._tokens) and self._text(position) not in ("(", "{", ";"):
            position += 1
        if self._text(position) == "(":
            position = self._expression(position, head)
        self._finish(head, block)
        return position

    def _expression(self, position: int, statement: _Statement) -> int:
        """Takes one token, or one whole group, into the statement."""
        token = self._tokens[position]
        if token.text == "[" and self._opens_lambda(position):
            return self._lambda(position, statement)
        if token.text in _CLOSING:
            return self._group(position, statement)
        if token.text == "co_await":
            statement.awaits.append(token)
        elif token.text == "?":
            statement.ternary = True
        elif token.text in _LOCKS:
            statement.lock = True
        statement.tokens.append(token)
        return position + 1

    def _group(self, position: int, statement: _Statement) -> int:
        opening = self._tokens[position]
        statement.brace_list |= opening.text == "{"
        outside = statement.tokens
        statement.tokens = []
        position += 1
        while position < len(self._tokens) and self._text(position) != _CLOSING[opening.text]:
            position = self._expression(position, statement)
        statement.tokens = outside
        if position < len(self._tokens):
            statement.tokens += [opening, self._tokens[position]]
        return position + 1

    def _opens_lambda(self, position: int) -> bool:
        if position == 0:
            return False
        if self._text(position + 1) == "[" or self._text(position - 1) == "[":
            return False  # [[attribute]]
        before = self._text(position - 1)
        declarator = [self._text(position - back) for back in (1, 2, 3)]
        if "auto" in declarator and all(text in ("auto", "const", "&", "&&") for text in declarator[: declarator.index("auto")]):
            return False  # a structured binding
        return before not in _INDEXED_AFTER and (before in _NO_OPERAND or not _is_word(before))

    def _lambda(self, position: int, statement: _Statement) -> int:
        """The body is code of its own, with its own statements; the captures belong to the statement around it."""
        introducer = position
        position = self._group(position, statement)
        statement.capture |= position - introducer > len("[]")
        while position < len(self._tokens) and self._text(position) not in ("{", ";", ")", "}"):
            in_group = self._text(position) == "("
            position = self._group(position, _Statement()) if in_group else position + 1
        if self._text(position) != "{":
            return position
        return self.block(position + 1, _Block())

    def _finish(self, statement: _Statement, block: _Block) -> _Block:
        """Judges a whole statement; returns the block as it is after it."""
        if statement.awaits:
            self._judge(statement, block)
        return _Block(block.handler, block.locked or statement.lock)

    def _judge(self, statement: _Statement, block: _Block) -> None:
        first = statement.awaits[0]
        for again in statement.awaits[1:]:
            self._fault(again, "a second co_await in one statement")
        if statement.ternary:
            self._fault(first, "co_await in a statement with `?:`")
        if statement.brace_list:
            self._fault(first, "co_await in a statement with a brace list")
        if statement.capture:
            self._fault(first, "co_await in a statement with a capturing lambda")
        if block.handler:
            self._fault(first, "co_await in a catch")
        if block.locked or statement.lock:
            self._fault(first, "co_await while a lock is held")

    def _text(self, position: int) -> str:
        return self._tokens[position].text if 0 <= position < len(self._tokens) else ""

    def _fault(self, token: Token, message: str) -> None:
        self.faults.append(Fault(token.line, message))


def _is_word(text: str) -> bool:
    return text[:1].isalnum() or text[:1] in ("_", "$")


def _opens_block(before: list[Token]) -> bool:
    """Whether a `{` after these tokens of a statement opens a block (or a body); otherwise it is a brace list."""
    texts = [token.text for token in before]
    if not texts or texts[-1] in _BLOCK_WORDS:
        return True
    texts = _without_template_head(texts)
    if "requires" in texts:
        return "=" not in texts  # a concept's definition apart
    if _TYPE_WORDS.intersection(texts[:3]) and "=" not in texts and ("(" not in texts or "alignas" in texts):
        return True
    if "(" not in texts or "=" in texts[: texts.index("(")] and "operator" not in texts:
        return False
    if texts[-1] in (")", "}") or texts[-1] in _AFTER_PARAMETERS:
        return True  # after parameters or their qualifiers, or after the last initialiser of a constructor
    return "->" in texts[texts.index(")") :] and ":" not in texts  # a trailing return type


def _without_template_head(texts: list[str]) -> list[str]:
    if texts[:2] != ["template", "<"]:
        return texts
    depth = 0
    for index, text in enumerate(texts):
        depth += {"<": 1, ">": -1}.get(text, 0)
        if depth == 0 and text == ">":
            return texts[index + 1 :]
    return texts
