import re
import unittest

from . import layering
from .sources import CPP, ROOT, files, name


def message(path: str, include: str) -> str:
    return " ".join(fault.message for fault in layering.faults_of(path, f"#include {include}\n"))


ALLOWED = [
    ("src/main.cpp", '"phigate/app/daemon.hpp"'),
    ("src/core/ordering.cpp", '"phigate/core/ordering.hpp"'),
    ("src/core/ordering.cpp", "<algorithm>"),
    ("src/core/ordering.cpp", '"core/score.hpp"'),
    ("src/http/head.cpp", '"phigate/net/byte_stream.hpp"'),
    ("src/http/reader.cpp", "<boost/beast/http/parser.hpp>"),
    ("src/net/boost_implementation.cpp", "<boost/beast/src.hpp>"),
    ("src/net/tls_stream.cpp", '"tls_stream.hpp"'),
    ("src/net/tls_stream.cpp", "<openssl/ssl.h>"),
    ("src/server/session.cpp", '"phigate/config/settings.hpp"'),
    ("src/server/session.cpp", '"phigate/codec/request.hpp"'),
    ("src/upstream/attempt.cpp", '"phigate/core/eligibility.hpp"'),
    ("src/config/loader.cpp", "<yaml-cpp/yaml.h>"),
    ("src/config/loader.cpp", "<fstream>"),
    ("src/codec/request.cpp", "<simdjson.h>"),
    ("src/observe/log.cpp", "<spdlog/spdlog.h>"),
    ("src/app/command_line.cpp", "<CLI/CLI.hpp>"),
    ("include/phigate/net/dialer.hpp", "<boost/asio/awaitable.hpp>"),
]

REFUSED = [
    ("src/core/ordering.cpp", '"phigate/config/settings.hpp"', "core does not depend on config"),
    ("src/core/ordering.cpp", "<boost/asio.hpp>", "only"),
    ("src/core/ordering.cpp", "<nlohmann/json.hpp>", "only codec may"),
    ("src/core/ordering.cpp", "<random>", "core is pure"),
    ("src/core/ordering.cpp", "<condition_variable>", "core is pure"),
    ("src/core/ordering.cpp", "<unistd.h>", "only"),
    ("src/net/dialer.cpp", '"phigate/http/head.hpp"', "net does not depend on http"),
    ("src/net/dialer.cpp", '"phigate/core/error.hpp"', "net does not depend on core"),
    ("src/net/dialer.cpp", "<boost/beast/core.hpp>", "only http may"),
    ("src/http/head.cpp", '"phigate/upstream/pool.hpp"', "http does not depend on upstream"),
    ("src/http/head.cpp", '"phigate/codec/request.hpp"', "http does not depend on codec"),
    ("src/http/head.cpp", '"net/tls_stream.hpp"', "a private header of net"),
    ("src/http/head.cpp", "<sstream>", "no streams"),
    ("src/upstream/pool.cpp", '"phigate/config/settings.hpp"', "upstream does not depend on config"),
    ("src/upstream/pool.cpp", '"phigate/server/session.hpp"', "upstream does not depend on server"),
    ("src/upstream/pool.cpp", "<spdlog/spdlog.h>", "only observe may"),
    ("src/codec/request.cpp", "<boost/json.hpp>", "only"),
    ("src/config/loader.cpp", '"phigate/codec/request.hpp"', "config does not depend on codec"),
    ("src/server/session.cpp", "<regex>", "slow"),
    ("src/server/session.cpp", '"phigate/clock.hpp"', "no such module"),
    ("src/server/session.cpp", "<zstd.h>", "not a library"),
    ("src/app/daemon.cpp", "<yaml-cpp/yaml.h>", "only config may"),
    ("include/phigate/net/dialer.hpp", '"net/tls_stream.hpp"', "includes no private one"),
    ("include/phigate/net/dialer.hpp", '"tls_stream.hpp"', "includes no private one"),
    ("src/extras/more.cpp", "<vector>", "no module"),
]


class Rules(unittest.TestCase):
    def test_what_the_layers_allow_passes(self):
        for path, include in ALLOWED:
            with self.subTest(path, include=include):
                self.assertEqual(message(path, include), "")

    def test_what_crosses_the_layers_is_refused_with_its_reason(self):
        for path, include, reason in REFUSED:
            with self.subTest(path, include=include):
                self.assertIn(reason, message(path, include))

    def test_an_include_in_a_comment_counts_for_nothing(self):
        self.assertEqual(layering.faults_of("src/core/a.cpp", "/*\n#include <boost/asio.hpp>\n*/\n// #include <regex>\n"), [])

    def test_spacing_hides_no_include(self):
        self.assertEqual([fault.line for fault in layering.faults_of("src/core/a.cpp", "\n  #  include<regex>\n")], [2])

    def test_core_may_name_a_clocks_time_points_but_not_read_it(self):
        source = "using t = std::chrono::steady_clock::time_point;\nauto x = std::chrono::steady_clock::now();\n"
        self.assertEqual([fault.line for fault in layering.faults_of("src/core/a.cpp", source)], [2])
        self.assertEqual(layering.faults_of("src/net/a.cpp", source), [])

    def test_a_cycle_would_show(self):
        for module in layering.DEPENDS:
            for dependency in layering.DEPENDS[module]:
                self.assertNotIn(module, layering.visible_to(dependency))


class Project(unittest.TestCase):
    def test_every_include_keeps_the_layers(self):
        for path in files("src", "include", suffixes=CPP):
            with self.subTest(name(path)):
                faults = layering.faults_of(name(path), path.read_text(encoding="utf-8"))
                self.assertEqual([f"{name(path)}:{fault.line}: {fault.message}" for fault in faults], [])

    def test_the_build_links_the_same_layers(self):
        build = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
        linked = {}
        for module, arguments in re.findall(r"^phigate_module\((\w+)([^)]*)\)", build, re.MULTILINE):
            depends = re.search(r"\bDEPENDS((?:\s+[a-z_]+)+)", arguments)
            linked[module] = set(depends.group(1).split()) if depends else set()
        expected = {module: set(depends) for module, depends in layering.DEPENDS.items() if module != "main"}
        self.assertEqual(linked, expected)


if __name__ == "__main__":
    unittest.main()
