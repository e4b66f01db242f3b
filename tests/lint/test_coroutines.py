import unittest

from . import coroutines
from .sources import CPP, files, name

ALLOWED = {
    "a plain await": "awaitable<void> f() { co_await g(); }",
    "a result in a local": "awaitable<int> f() { auto n = co_await g(std::move(a)); co_return n; }",
    "a returned result": "awaitable<int> f() { co_return co_await g(); }",
    "one await in a head and one below it": "awaitable<void> f() { while (co_await g()) co_await h(); }",
    "one await a statement": "awaitable<void> f() { co_await g(); co_await g(); }",
    "a structured binding": "awaitable<void> f() { auto [e, n] = co_await g(); const auto& [a, b] = co_await h(); }",
    "an index": "awaitable<void> f() { auto n = co_await g(list[i], rows[0][1], f()[2]); }",
    "a lambda without captures": "awaitable<void> f() { co_await g([](int x) { return x ? 1 : 2; }); }",
    "a capturing lambda elsewhere": "awaitable<void> f() { auto l = [s] { use(s); }; co_await g(l); }",
    "an await within a capturing lambda's own body": "void f() { co_spawn(e, [s]() -> awaitable<void> { co_await s->run(); }, log); }",
    "a brace list elsewhere": "awaitable<void> f() { options o{.a = 1}; co_await g(o); }",
    "a ternary elsewhere": "awaitable<void> f() { auto n = c ? 1 : 2; co_await g(n); }",
    "an await after a catch": "awaitable<void> f() { try { g(); } catch (const error&) { failed = true; } co_await h(); }",
    "an await in a try": "awaitable<void> f() { try { co_await g(); } catch (...) { } }",
    "a lock in a block that has ended": "awaitable<void> f() { { std::scoped_lock hold(m); ++n; } co_await g(); }",
    "a lock in one branch": "awaitable<void> f() { if (x) { std::lock_guard hold(m); ++n; } else { co_await g(); } }",
    "awaits in the branches of a switch": "awaitable<void> f() { switch (x) { case a(1): co_await g(); break; case b: { co_await h(); } default: { co_await i(); } } }",
    "a trailing return type": "auto f() -> awaitable<void> { co_await g(); co_await h(); }",
    "a method after an access specifier": "class c { public: auto f() -> awaitable<void> { co_await g(); co_await h(); } };",
    "a constructor's initialisers": "c::c(int a) : a_{a}, b_(a) { spawn([](int x) -> awaitable<void> { co_await g(x); co_await h(); }); }",
    "a template with a constraint": "template <typename T> requires big<T> awaitable<void> f(T t) { co_await g(t); co_await h(t); }",
    "a method with qualifiers": "struct alignas(64) s { awaitable<void> f() const noexcept { co_await g(); co_await h(); } };",
    "nested namespaces": "inline namespace a { namespace b::c { awaitable<void> f() { co_await g(); co_await h(); } } }",
    "an assignment operator": "struct s { s& operator=(const s&) { go([]() -> awaitable<void> { co_await g(); co_await h(); }); return *this; } };",
    "a do loop": "awaitable<void> f() { do { co_await g(); } while (co_await h()); }",
    "a for loop over what was awaited": "awaitable<void> f() { for (auto x : co_await g()) { use(x ? 1 : 2); } }",
    "words in comments and strings": 'void f() { log("detached co_await co_await ? {"); /* detached */ }',
}

REFUSED = {
    "a second co_await in one statement": [
        "awaitable<void> f() { g(co_await a(), co_await b()); }",
        "awaitable<int> f() { co_return co_await (co_await g())->h(); }",
        "awaitable<void> f() { while (co_await a() && co_await b()) { } }",
        "awaitable<void> f() { for (auto i = co_await a(); i < n; co_await b()) { } }",
    ],
    "`?:`": [
        "awaitable<void> f() { auto x = c ? co_await g() : T(); }",
        "awaitable<void> f() { co_await g(c ? a : b); }",
        "awaitable<void> f() { if (co_await g() ? a : b) { } }",
    ],
    "brace list": [
        "awaitable<void> f() { co_await g({.a = s}); }",
        "awaitable<void> f() { Opt o{.n = co_await g()}; }",
        "awaitable<void> f() { auto x = co_await g(T{}); }",
        "awaitable<void> f() { co_return reply{co_await g()}; }",
        "awaitable<void> f() { std::vector<int> v = {1, co_await g()}; }",
        "awaitable<void> f() { if (auto x = co_await g(T{1}); x) { } }",
    ],
    "capturing lambda": [
        "awaitable<void> f() { co_await co_spawn(ex, [s] { return s->run(); }, use_awaitable); }",
        "awaitable<void> f() { co_await g([&] { ++n; }); }",
        "awaitable<void> f() { co_await g(a, [this, n = 2](int x) mutable noexcept -> int { return x; }); }",
        "awaitable<void> f() { auto r = co_await g(std::move(x), [=] { return 1; }); }",
    ],
    "in a catch": [
        "awaitable<void> f() { try { g(); } catch (...) { co_await h(); } }",
        "awaitable<void> f() { try { g(); } catch (const error& e) { if (e) { co_await h(); } } }",
    ],
    "while a lock is held": [
        "awaitable<void> f() { std::lock_guard hold(m); co_await g(); }",
        "awaitable<void> f() { std::unique_lock<std::mutex> hold(m); if (x) { co_await g(); } }",
        "awaitable<void> f() { if (x) { } std::scoped_lock hold(m); while (y) co_await g(); }",
    ],
    "loses exceptions": [
        "void f() { asio::co_spawn(ex, run(), asio::detached); }",
    ],
}


class Rules(unittest.TestCase):
    def test_what_is_sound_passes(self):
        for what, source in ALLOWED.items():
            with self.subTest(what):
                self.assertEqual(coroutines.faults_of(source), [])

    def test_what_is_miscompiled_or_unsafe_is_refused_with_its_reason(self):
        for reason, sources in REFUSED.items():
            for source in sources:
                with self.subTest(reason, source=source):
                    self.assertEqual([reason in fault.message for fault in coroutines.faults_of(source)], [True])

    def test_a_fault_names_the_line_of_the_await(self):
        source = "awaitable<void> f() {\n  auto x = g(a,\n    c ? 1 : 2,\n    co_await h());\n}\n"
        self.assertEqual([fault.line for fault in coroutines.faults_of(source)], [4])

    def test_a_statement_with_several_faults_names_each(self):
        source = "awaitable<void> f() { auto x = c ? co_await g({1}) : co_await h([&] {}); }"
        self.assertEqual(len(coroutines.faults_of(source)), 4)


class Project(unittest.TestCase):
    def test_every_coroutine_of_the_project_keeps_the_rules(self):
        for path in files("src", "include", "tests", suffixes=CPP):
            with self.subTest(name(path)):
                faults = coroutines.faults_of(path.read_text(encoding="utf-8"))
                self.assertEqual([f"{name(path)}:{fault.line}: {fault.message}" for fault in faults], [])


if __name__ == "__main__":
    unittest.main()
