"""TLS to providers: a certificate that does not hold means not one byte of HTTP, and so no credential (threats §3)."""

from __future__ import annotations

import ssl

from sim import faults
from sim.tls import Authority, Certificate
from support.case import GatewayCase, question
from support.registry import World, authority, model
from support.waiting import eventually


def stranger() -> Authority:
    return Authority(authority().folder / "stranger", "somebody else's CA")


class CertificatesCase(GatewayCase):
    def assert_nothing_sent(self, slug: str) -> None:
        upstream = self.world[slug]
        response = self.chat(question(model=f"of-{slug}"))
        self.assert_error(response, 502, "upstream_error")
        self.assert_attempts(response, 1)
        eventually(
            lambda: upstream.connections and all(one.peer_closed_at or one.closed_at for one in upstream.connections),
            "the connection is closed",
        )
        self.assertEqual(sum(one.http_bytes for one in upstream.connections), 0)
        self.assertEqual(upstream.requests, [])
        self.assertIn("tls", str(response.error["metadata"]["attempts"]).lower())

    def assert_serves(self, slug: str) -> None:
        self.assert_ok(self.chat(question(model=f"of-{slug}")), slug)


class Certificates(CertificatesCase):
    BAD = ("expired", "wrong-host", "self-signed", "unknown-ca", "old-tls")

    @classmethod
    def build_world(cls) -> World:
        old = authority().server().context()
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        contexts = {
            "good": authority().server().context(),
            "expired": authority().expired().context(),
            "wrong-host": authority().wrong_host().context(),
            "self-signed": authority().self_signed().context(),
            "unknown-ca": stranger().server().context(),
            "old-tls": old,
        }
        world = World()
        for slug, context in contexts.items():
            world.provider(slug, {f"of-{slug}": model()}, tls=context)
        return world

    def test_a_certificate_that_does_not_hold_gets_nothing(self) -> None:
        for slug in self.BAD:
            with self.subTest(slug):
                self.assert_nothing_sent(slug)

    def test_a_good_one_serves(self) -> None:
        self.assert_serves("good")

    def test_streams_too(self) -> None:
        response = self.chat(question(model="of-expired", stream=True))
        self.assert_error(response, 502, "upstream_error")
        self.assertEqual(self.world["expired"].requests, [])

    def test_no_setting_turns_verification_off(self) -> None:
        """Whatever such a key might be called: the loader does not know it."""
        for name in ("verify", "insecure", "skip_verify", "verify_peer"):
            with self.subTest(name):
                self.world.registry["providers"]["good"]["endpoints"]["good-1"]["tls"] = {name: False}
                gateway = self.new_gateway()
                self.addCleanup(gateway.remove)
                gateway.launch()
                self.assertNotEqual(gateway.wait(), 0)
                self.assertIn(name, gateway.log() + gateway.output())
        del self.world.registry["providers"]["good"]["endpoints"]["good-1"]["tls"]


class HostNames(CertificatesCase):
    """The name in the base URL is what counts, and it is sent as SNI."""

    @classmethod
    def build_world(cls) -> World:
        world = World()
        only_name = authority().server("only-name", names="DNS:localhost")
        only_address = authority().server("only-address", names="IP:127.0.0.1")
        for slug, certificate, host in (
            ("name", only_name, "localhost"),
            ("address", only_address, "127.0.0.1"),
            ("name-by-address", only_name, "127.0.0.1"),
            ("address-by-name", only_address, "localhost"),
        ):
            cls.add(world, slug, certificate, host)
        return world

    @staticmethod
    def add(world: World, slug: str, certificate: Certificate, host: str) -> None:
        upstream = world.provider(slug, {f"of-{slug}": model()}, tls=certificate.context())
        endpoint = world.registry["providers"][slug]["endpoints"][f"{slug}-1"]
        endpoint["base_url"] = upstream.base_url.replace("127.0.0.1", host)

    def test_a_name_matches_a_name_and_an_address_an_address(self) -> None:
        self.assert_serves("name")
        self.assert_serves("address")
        self.assertEqual(self.world["name"].requests[0].header("host"), f"localhost:{self.world['name'].port}")

    def test_neither_stands_for_the_other(self) -> None:
        self.assert_nothing_sent("name-by-address")
        self.assert_nothing_sent("address-by-name")


class Pins(CertificatesCase):
    @classmethod
    def build_world(cls) -> World:
        good, other = authority().server("pinned"), authority().server("other")
        pins = {
            "right": [good.pin()],
            "one-of-two": [other.pin(), good.pin()],
            "wrong": [other.pin()],
        }
        world = World()
        for slug, values in pins.items():
            world.provider(slug, {f"of-{slug}": model()}, tls=good.context(), endpoint={"tls": {"pin_sha256": values}})
        world.provider(
            "pinned-but-expired",
            {"of-pinned-but-expired": model()},
            tls=authority().expired().context(),
            endpoint={"tls": {"pin_sha256": [authority().expired().pin()]}},
        )
        return world

    def test_any_one_pin_must_match(self) -> None:
        self.assert_serves("right")
        self.assert_serves("one-of-two")
        self.assert_nothing_sent("wrong")

    def test_a_pin_does_not_stand_in_for_verification(self) -> None:
        self.assert_nothing_sent("pinned-but-expired")


class OwnAuthorities(CertificatesCase):
    """An endpoint's ca_file replaces every other CA for it."""

    @classmethod
    def build_world(cls) -> World:
        world = World()
        ours, theirs = {"tls": {"ca_file": str(authority().ca_file)}}, {"tls": {"ca_file": str(stranger().ca_file)}}
        world.provider("theirs", {"of-theirs": model()}, tls=stranger().server().context(), endpoint=theirs)
        world.provider("mixed", {"of-mixed": model()}, tls=authority().server().context(), endpoint=theirs)
        world.provider("ours", {"of-ours": model()}, endpoint=ours)
        return world

    def test_each_endpoint_trusts_its_own(self) -> None:
        self.assert_serves("theirs")
        self.assert_serves("ours")
        self.assert_nothing_sent("mixed")


class SystemAuthorities(CertificatesCase):
    """Without a ca_file the system's CAs count, and no environment variable of a proxy does."""

    environment = {
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
    }

    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider("local", {"of-local": model()})
        world.provider("named", {"of-named": model()}, endpoint={"tls": {"ca_file": str(authority().ca_file)}})
        world.config = lambda: {}  # type: ignore[method-assign]
        return world

    def test_a_private_ca_is_not_among_the_systems(self) -> None:
        self.assert_nothing_sent("local")

    def test_no_ambient_proxy(self) -> None:
        self.assert_serves("named")


class Sessions(GatewayCase):
    config = {"workers": 1}  # each worker keeps sessions of its own

    def test_tls_sessions_are_resumed(self) -> None:
        self.world["first"].script([faults.reply(framing="close")] * 3)
        for _ in range(3):
            self.assert_ok(self.chat())
        records = [one.connection for one in self.world["first"].requests]
        self.assertEqual(len({id(one) for one in records}), 3)
        self.assertTrue(records[-1].session_reused)


class PlainLoopback(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider("first", {"model-a": model()}, plain=True)
        return world

    def test_plain_http_to_loopback_serves(self) -> None:
        self.assert_ok(self.chat(), "first")

    def test_plain_http_to_anywhere_else_is_refused_at_start(self) -> None:
        endpoint = self.world.registry["providers"]["first"]["endpoints"]["first-1"]
        usual = endpoint["base_url"]
        for url in (
            "http://example.com/v1",
            "http://10.0.0.1/v1",
            "http://127.0.0.1.example.com/v1",
            "http://localhost.example.com/v1",
        ):
            with self.subTest(url):
                endpoint["base_url"] = url
                gateway = self.new_gateway()
                self.addCleanup(gateway.remove)
                gateway.launch()
                self.assertNotEqual(gateway.wait(), 0)
        endpoint["base_url"] = usual
