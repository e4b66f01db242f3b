"""What every SDK is held to: the daemon with three hosts of one model, and the count of what reached them."""

from __future__ import annotations

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


# Name of the case, what every provider answers, what the client asks for beyond a plain question, the SDKs' error class,
# its status and code, and how many requests each provider gets when the SDK may retry twice.
ERRORS = (
    (
        "a bad request",
        None,
        {"model": "model-a", "order": ["first"]},
        "BadRequestError",
        400,
        "misplaced_preference",
        0,
    ),
    ("a blocked class", None, {"phi": "true"}, "PermissionDeniedError", 403, "phi_blocked", 0),
    ("an unknown model", None, {"model": "nobody-has-it"}, "NotFoundError", 404, "model_not_found", 0),
    ("no route", None, {"region": "INDIA"}, "UnprocessableEntityError", 422, "no_route", 0),
    ("failing providers", faults.status(503), {}, "InternalServerError", 502, "upstream_error", 1),
)
