"""What every SDK is held to: the daemon with three hosts of one model, and the count of what reached them."""

from __future__ import annotations

from typing import Any

from sim import faults
from support.case import GatewayCase
from support.registry import World, failover_world


class SdkCase(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        return failover_world()

    def all_answer(self, step: faults.Step) -> None:
        for upstream in self.world.upstreams:
            upstream.always(step)

    def counts(self) -> list[int]:
        return [len(upstream.requests) for upstream in self.world.upstreams]

    def assert_routed(self, headers: Any, slug: str, strategy: str, variant: str | None = None) -> None:
        """The audit headers say so, and the one request that `slug` got holds nothing that was meant for the gateway."""
        told = [headers.get(name) for name in ("x-provider-slug", "x-routing-strategy", "x-model-variant")]
        self.assertEqual(told, [slug, strategy, variant])
        sent = self.one_request(self.world[slug]).json()
        self.assertNotIn("provider", sent)
        self.assertNotIn(":", sent["model"])
        self.world.forget()


# A provider object or a variant: what a client adds, and what comes of it (provider, strategy, variant).
WISHES: tuple[tuple[dict[str, Any], str, str, str | None], ...] = (
    ({"provider": {"only": ["second"], "max_retention_days": 0}}, "second", "default", None),
    ({"provider": {"order": ["third", "first"]}}, "third", "ordered", None),
    ({"provider": {"ignore": ["first"], "sort": "price"}}, "second", "sorted", None),
    ({"variant": "floor"}, "first", "sorted", "floor"),
    ({"variant": "nitro", "provider": {"ignore": ["first"], "sort": "price"}}, "second", "sorted", "nitro"),
)
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
LOOK = [{"role": "user", "content": [{"type": "text", "text": "look"}, PICTURE]}]


def with_variant(model: str, wish: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The model's name with the wish's variant, and the fields beside it."""
    suffix = ":" + wish["variant"] if "variant" in wish else ""
    return model + suffix, {key: value for key, value in wish.items() if key != "variant"}


NOBODY, EACH_ONCE = (0, 0, 0), (1, 1, 1)
# Name of the case, what every provider answers, what the client asks for beyond a plain question, the SDKs' error class,
# its status and code, and how many requests each provider gets when the SDK may retry twice (it does after a lone failure).
ERRORS = (
    (
        "a bad request",
        None,
        {"model": "model-a", "order": ["first"]},
        "BadRequestError",
        400,
        "misplaced_preference",
        NOBODY,
    ),
    ("a blocked class", None, {"phi": "true"}, "PermissionDeniedError", 403, "phi_blocked", NOBODY),
    ("an unknown model", None, {"model": "nobody-has-it"}, "NotFoundError", 404, "model_not_found", NOBODY),
    ("no route", None, {"region": "INDIA"}, "UnprocessableEntityError", 422, "no_route", NOBODY),
    (
        "a preference that does not exist",
        None,
        {"provider": {"onyl": ["first"]}},
        "BadRequestError",
        400,
        "invalid_provider_preferences",
        NOBODY,
    ),
    ("an unknown variant", None, {"model": "model-a:slow"}, "BadRequestError", 400, "invalid_variant", NOBODY),
    (
        "preferences that leave nobody",
        None,
        {"provider": {"data_residency": "de"}},
        "UnprocessableEntityError",
        422,
        "no_route",
        NOBODY,
    ),
    (
        "a failing provider without fallbacks",
        faults.status(503),
        {"provider": {"order": ["second"], "allow_fallbacks": False}},
        "InternalServerError",
        502,
        "upstream_error",
        (0, 3, 0),
    ),
    ("failing providers", faults.status(503), {}, "InternalServerError", 502, "upstream_error", EACH_ONCE),
)
