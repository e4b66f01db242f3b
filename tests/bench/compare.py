"""phigate beside nginx in one run: throughput, added latency, memory.

Each proxy has core 0 for itself; the load and the TLS upstream share core 1. The proxies take turns, so that a machine
that grows slower or faster during the run does so for both.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import servers

ROOT = Path(__file__).resolve().parents[2]
PROXY_CORE, LOAD_CORE = 0, 1
CONNECTIONS = 64
WARM_UP = 1.0  # seconds

QUESTION = (
    "A patient of 54 years reports shortness of breath on exertion for three weeks, no chest pain, no fever, and takes "
    "ramipril and metformin. Summarise the differential diagnosis in a few plain sentences, name the two examinations "
    "that would tell most, and say which findings would make this an emergency. "
)


@dataclass(frozen=True)
class Sample:
    """One round of load against one target."""

    rate: float  # requests a second
    p50: float  # microseconds
    p99: float
    processor: float = 0.0  # seconds of the proxy's own time for a request


def chat_request() -> bytes:
    messages = [
        {"role": "system", "content": "You are a careful clinician. " + QUESTION},
        {"role": "user", "content": QUESTION * 2},
    ]
    return json.dumps({"model": "gemma-4-31b", "messages": messages, "temperature": 0.2, "max_tokens": 400}).encode()


def chat_completion() -> bytes:
    message = {"role": "assistant", "content": (QUESTION * 3)[:700]}
    return json.dumps({
        "id": "chatcmpl-6f2a9c0e4d", "object": "chat.completion", "created": 1790000000, "model": "google/gemma-4-31B-it",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 231, "completion_tokens": 168, "total_tokens": 399,
                  "prompt_tokens_details": {"cached_tokens": 0}},
    }).encode()


def load(url: str, body_file: Path, connections: int, seconds: float) -> Sample:
    headers = [f"{name}:{value}" for name, value in servers.HEADERS.items()]
    run = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "10s", "-s", Path(__file__).with_name("chat.lua"),
         url + servers.PATH, "--", body_file, *headers],
        capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {LOAD_CORE}),
    )
    counted = json.loads(run.stdout.splitlines()[-1])
    if counted["refused"] or counted["broken"] or not counted["requests"]:
        raise RuntimeError(f"{url}: {counted}")
    return Sample(counted["requests"] / counted["microseconds"] * 1e6, counted["p50"], counted["p99"])


def load_proxy(proxy: servers.Server, body_file: Path, connections: int, seconds: float) -> Sample:
    before = proxy.processor_seconds()
    sample = load(f"http://127.0.0.1:{proxy.port}", body_file, connections, seconds)
    used = proxy.processor_seconds() - before
    return Sample(sample.rate, sample.p50, sample.p99, used / (sample.rate * seconds))


def median(samples: list[Sample]) -> Sample:
    def of(field: str) -> float:
        return statistics.median(getattr(sample, field) for sample in samples)

    return Sample(of("rate"), of("p50"), of("p99"), of("processor"))


def measure(proxies: list[servers.Server], direct: str, body_file: Path, connections: int, rounds: int, seconds: float):
    """The median of the rounds by target: each proxy, and "direct"."""
    samples: dict[str, list[Sample]] = {"direct": []} | {proxy.name: [] for proxy in proxies}
    for proxy in proxies:
        load_proxy(proxy, body_file, connections, WARM_UP)
    for number in range(rounds):
        samples["direct"].append(load(direct, body_file, connections, seconds))
        for proxy in proxies if number % 2 == 0 else reversed(proxies):
            samples[proxy.name].append(load_proxy(proxy, body_file, connections, seconds))
        rates = ", ".join(f"{name} {taken[-1].rate:.0f}/s" for name, taken in samples.items())
        print(f"  {connections} connections, round {number + 1} of {rounds}: {rates}", file=sys.stderr)
    return {name: median(taken) for name, taken in samples.items()}


def report(busy: dict[str, Sample], single: dict[str, Sample], memory: dict[str, int]) -> None:
    print(f"\n{'':10}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'added ms':>10}{'CPU us/req':>12}{'added at 1 ms':>15}{'memory MiB':>12}")
    for name, sample in busy.items():
        row = f"{name:10}{sample.rate:>12.0f}{sample.p50 / 1e3:>9.2f}{sample.p99 / 1e3:>9.2f}"
        if name in memory:
            added, added_single = sample.p50 - busy["direct"].p50, single[name].p50 - single["direct"].p50
            row += f"{added / 1e3:>10.2f}{sample.processor * 1e6:>12.1f}{added_single / 1e3:>15.3f}{memory[name] / 2**20:>12.1f}"
        print(row)
    if {"nginx", "phigate"} <= busy.keys():
        print(f"\nratio: {busy['phigate'].rate / busy['nginx'].rate:.2f}")
    if {"before", "phigate"} <= busy.keys():
        print(f"phigate's processor time for a request, over before's: {busy['phigate'].processor / busy['before'].processor:.2f}")


def compare(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="phigate-bench-") as name:
        folder = Path(name)
        body, answer = chat_request(), chat_completion()
        body_file = folder / "request.json"
        body_file.write_bytes(body)
        servers.make_certificate(folder)
        started = [servers.start_upstream(folder, LOAD_CORE, answer)]
        try:
            upstream = started[0]
            upstream.wait_until_it_accepts()
            if "nginx" in arguments.proxies:
                started.append(servers.start_nginx(folder, PROXY_CORE, upstream.port))
            if "phigate" in arguments.proxies:
                started.append(servers.start_phigate("phigate", folder, PROXY_CORE, upstream.port, arguments.binary))
            if arguments.before:
                started.append(servers.start_phigate("before", folder, PROXY_CORE, upstream.port, arguments.before))
            proxies = started[1:]
            for proxy in proxies:
                proxy.wait_until_it_accepts()
                if servers.first_answer(proxy, body) != answer:
                    raise RuntimeError(f"{proxy.name} changes the answer")
            direct = f"https://127.0.0.1:{upstream.port}"
            busy = measure(proxies, direct, body_file, CONNECTIONS, arguments.rounds, arguments.seconds)
            memory = {proxy.name: proxy.resident_bytes() for proxy in proxies}
            single = measure(proxies, direct, body_file, 1, arguments.rounds, min(arguments.seconds, 2.0))
        finally:
            for server in started:
                server.stop()
        print(f"\nrequest {len(body)} bytes, answer {len(answer)} bytes, {CONNECTIONS} connections,"
              f" median of {arguments.rounds} rounds of {arguments.seconds:g} s")
        report(busy, single, memory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, default=ROOT / "build" / "release" / "phigate")
    parser.add_argument("--before", type=Path, help="another build of phigate, to compare with")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each round")
    parser.add_argument("--proxies", nargs="+", choices=("nginx", "phigate"), default=["nginx", "phigate"])
    arguments = parser.parse_args()
    if not {PROXY_CORE, LOAD_CORE} <= os.sched_getaffinity(0):
        sys.exit("the comparison needs cores 0 and 1")
    compare(arguments)


if __name__ == "__main__":
    main()
