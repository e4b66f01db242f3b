#!/usr/bin/env bash
# How long a routing decision takes, and then phigate beside nginx on this machine: a small table and the ratio. How to
# read it: docs/performance.md.
#
#   scripts/bench.sh [--rounds N] [--seconds S] [--proxies nginx phigate] [--before BINARY]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/deps.sh build test bench
cmake --preset release >/dev/null
cmake --build --preset release --target phigate bench_decision
build/release/bench_decision --benchmark_min_time=0.2
cd tests
exec /usr/bin/python3 -m bench.compare "$@"
