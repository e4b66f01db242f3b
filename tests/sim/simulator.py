#!/usr/bin/env python3
"""The provider simulator as a program: several provider endpoints on loopback ports, over TLS.

    simulator.py --config FILE [--tls FOLDER] [--fault NAME=FAULT ...]

The configuration is JSON: {"tls": "folder for the CA", "delay": {"first": 0.1, "between": 0.02}, "endpoints": [{"name",
"port", "protocol", "dialect", "prefix", "keys", "models": {"id": ["chat", ...]}, "script", "always", ...}]}. The protocol is
one that a registry may name, openai by default, the dialect one of sim.openai_dialects; what else stands in an endpoint is a
field of the class that plays it ("dimensions", "rejects"). A fault is a name of sim.faults.NAMED, "name:argument", or an object
with the name as "fault". `--fault infomaniak=status:503` makes one the endpoint's only answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sim.faults import answer, from_config  # noqa: E402
from sim.protocols import make_api  # noqa: E402
from sim.tls import Authority  # noqa: E402
from sim.upstream import Delay, Upstream  # noqa: E402

OURS = {"name", "port", "models", "delay", "script", "always"}  # of an endpoint's keys; all others are the API's


def make_upstream(entry: dict[str, Any], authority: Authority, delay: dict[str, float]) -> Upstream:
    options = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items() if key not in OURS}
    models = {name: set(modalities) for name, modalities in entry["models"].items()}
    api = make_api(entry["name"], models, **options)
    upstream = Upstream(
        api, tls=authority.server().context(), default=answer(), delay=Delay(**entry.get("delay", delay))
    )
    upstream.script([from_config(one) for one in entry.get("script", ())])
    if "always" in entry:
        upstream.always(from_config(entry["always"]))
    return upstream


async def serve(config: dict[str, Any], tls_folder: Path, faults: dict[str, str]) -> None:
    authority = Authority(tls_folder)
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    upstreams = []
    for entry in config["endpoints"]:
        upstream = make_upstream(entry, authority, config.get("delay", {}))
        if upstream.name in faults:
            upstream.always(from_config(faults.pop(upstream.name)))
        await upstream.start(entry["port"])
        upstreams.append(upstream)
        print(f"{upstream.name}: {upstream.base_url}", flush=True)
    if faults:
        raise ValueError(f"--fault for an endpoint that is not configured: {', '.join(faults)}")
    print(f"ready: CA {authority.ca_file}", flush=True)
    await stopped.wait()
    for upstream in upstreams:
        await upstream.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description="Plays LLM providers on loopback ports, with faults on request.")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--tls", type=Path, help="folder for the CA and certificates, made on first use")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=FAULT")
    arguments = parser.parse_args()
    try:
        config = json.loads(arguments.config.read_text())
        folder = arguments.tls or Path(config["tls"])
        asyncio.run(serve(config, folder, dict(one.split("=", 1) for one in arguments.fault)))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
