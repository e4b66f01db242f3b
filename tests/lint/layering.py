"""Who may include whom. Boost's headers are reachable from everywhere, so only reading the includes tells."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from .cpp_tokens import tokens_of

# Direct dependencies; what they depend on in turn may be included too.
DEPENDS = {
    "core": (),
    "config": ("core",),
    "codec": ("core",),
    "observe": ("core",),
    "net": (),
    "http": ("net",),
    "upstream": ("http", "codec", "observe"),
    "server": ("upstream", "config"),
    "app": ("server",),
    "main": ("app",),
}

_NETWORKED = ("net", "http", "upstream", "server", "app")

# The first pattern that matches an include names the modules that may have it.
LIBRARIES = (
    (re.compile(r"boost/beast/src\.hpp"), ("net",)),  # Beast's own sources, compiled once beside Asio's
    (re.compile(r"boost/beast(/|\.hpp)"), ("http",)),
    (re.compile(r"boost/"), (*_NETWORKED, "observe")),
    (re.compile(r"openssl/"), (*_NETWORKED, "config")),
    (re.compile(r"yaml-cpp/"), ("config",)),
    (re.compile(r"simdjson\.h|nlohmann/"), ("codec",)),
    (re.compile(r"(spdlog|fmt)/"), ("observe",)),
    (re.compile(r"CLI/"), ("app",)),
    (re.compile(r"arpa/inet\.h"), (*_NETWORKED, "config")),  # reads an address as text
    (re.compile(r"(sys|netinet|arpa)/.*|(unistd|fcntl|netdb|poll|pthread|signal)\.h"), ("net", "server", "observe", "app")),
)

_STANDARD = frozenset(
    """algorithm any array atomic barrier bit bitset charconv chrono compare complex concepts condition_variable
    coroutine deque exception execution expected filesystem format forward_list fstream functional future
    initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource
    mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore set
    shared_mutex source_location span spanstream sstream stack stacktrace stdexcept stop_token streambuf string
    string_view syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility
    valarray variant vector version cassert cctype cerrno cfenv cfloat cinttypes climits clocale cmath csetjmp csignal
    cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype""".split()
)

# core takes time and randomness as arguments, and waits for nothing. A mutex it may have: a route's cooldown is shared.
_NOT_IN_CORE = frozenset(
    """random thread shared_mutex condition_variable future filesystem fstream iostream sstream csignal cstdio
    locale""".split()
)
_CLOCKS = frozenset(("system_clock", "steady_clock", "high_resolution_clock", "utc_clock"))
# Slow, or bound to a locale: fine where files and terminals are read and written, not where requests pass.
_STREAMS = frozenset("iostream sstream fstream iomanip istream ostream spanstream locale".split())
_MAY_STREAM = ("config", "app", "main")

_INCLUDE = re.compile(r"#\s*include\s*[<\"]([^>\"]+)[>\"]")


@dataclass(frozen=True)
class Fault:
    line: int
    message: str


def visible_to(module: str) -> set[str]:
    seen = {module}
    pending = list(DEPENDS[module])
    while pending:
        dependency = pending.pop()
        if dependency not in seen:
            seen.add(dependency)
            pending.extend(DEPENDS[dependency])
    return seen


def module_of(path: str) -> str | None:
    """`src/net/x.cpp` and `include/phigate/net/x.hpp` are net's; `src/main.cpp` is main."""
    match PurePosixPath(path).parts:
        case ("src", "main.cpp"):
            return "main"
        case ("src", module, *_) | ("include", "phigate", module, _, *_) if module in DEPENDS:
            return module
    return None


def faults_of(path: str, source: str) -> list[Fault]:
    module = module_of(path)
    if module is None:
        return [Fault(0, "belongs to no module")]
    faults = []
    tokens = tokens_of(source)
    for token in tokens:
        if included := _INCLUDE.match(token.text):
            message = _fault_of_include(path, module, included.group(1))
            if message:
                faults.append(Fault(token.line, f"{module} must not include {included.group(1)}: {message}"))
    if module == "core":
        faults.extend(_clock_faults(tokens))
    return faults


def _clock_faults(tokens) -> list[Fault]:
    return [
        Fault(clock.line, f"core reads no clock: {clock.text}::now")
        for clock, scope, call in zip(tokens, tokens[1:], tokens[2:])
        if clock.text in _CLOCKS and scope.text == "::" and call.text == "now"
    ]


def _fault_of_include(path: str, module: str, included: str) -> str | None:
    parts = PurePosixPath(included).parts
    if parts[0] == "phigate":
        owner = parts[1] if len(parts) > 2 else None
        if owner not in DEPENDS:
            return "no such module"
        return None if owner in visible_to(module) else f"{module} does not depend on {owner}"
    if parts[0] in DEPENDS or len(parts) == 1 and included.endswith(".hpp"):
        if path.startswith("include/"):
            return "a shared header includes no private one"
        if len(parts) > 1 and parts[0] != module:
            return f"a private header of {parts[0]}"
        return None
    if included in _STANDARD:
        return _fault_of_standard(module, included)
    for pattern, modules in LIBRARIES:
        if pattern.match(included):
            return None if module in modules else f"only {', '.join(modules)} may"
    return "not a library that the layering knows"


def _fault_of_standard(module: str, included: str) -> str | None:
    if included == "regex":
        return "std::regex is slow and recurses"
    if module == "core" and included in _NOT_IN_CORE:
        return "core is pure"
    if included in _STREAMS and module not in _MAY_STREAM:
        return "no streams where requests pass"
    return None
