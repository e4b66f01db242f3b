#!/usr/bin/env bash
# The demo, from nothing: installs what is missing, builds, then serves phigate in front of simulated providers over real
# TLS. No provider key is needed, and no network once the packages are there. Ctrl-C stops everything.
#
#   scripts/run.sh                                http://127.0.0.1:8080
#   scripts/run.sh --fault ovhcloud=status:503    … with a provider that fails (tests/sim/faults.py lists the ways)
#   PHIGATE_BINARY=… scripts/run.sh               serves that daemon, and neither installs nor builds
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly url=http://127.0.0.1:8080
readonly folder=$PWD/build/demo
export PHIGATE_DEMO_KEY=demo-key
simulator=
gateway=

fail() {
  echo "run.sh: $*" >&2
  exit 1
}

stop() {
  trap - EXIT INT TERM
  local pid
  for pid in $gateway $simulator; do kill -TERM "$pid" 2>/dev/null || true; done
  wait
  rm -f "$folder/phigate.pid"
}

# Waits until the log of a process says "ready". Fails when the process ends first or takes too long.
await_ready() { # NAME PID LOG
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    grep -qw ready "$3" && return 0
    kill -0 "$2" 2>/dev/null || break
    sleep 0.1
  done
  grep -qw ready "$3" && return 0
  echo "-- what $1 said:" >&2
  cat "$3" >&2
  return 1
}

build() {
  scripts/deps.sh build test # the tests are part of the build, and the simulator needs openssl and python3
  cmake --preset release
  cmake --build --preset release --target phigate
}

binary=${PHIGATE_BINARY:-}
if [[ -z $binary ]]; then
  build
  binary=build/release/phigate
fi

mkdir -p "$folder"
cp config/demo.yaml config/demo-providers.yaml "$folder/" # copies, so that whoever tries a reload changes nothing else
trap stop EXIT
trap 'stop; echo; echo "stopped"; exit 0' INT TERM

: >"$folder/simulator.log"
python3 tests/sim/simulator.py --config tests/sim/demo.json --tls "$folder/tls" "$@" >"$folder/simulator.log" 2>&1 &
simulator=$!
await_ready "the simulator" $simulator "$folder/simulator.log" || fail "the simulated providers did not start"

: >"$folder/phigate.log"
"$binary" serve --config "$folder/demo.yaml" >"$folder/phigate.log" 2>&1 &
gateway=$!
echo $gateway >"$folder/phigate.pid"
await_ready phigate $gateway "$folder/phigate.log" ||
  fail "phigate did not start. Is 127.0.0.1:8080 taken? Stop what listens there, or change the port in config/demo.yaml"

cat <<END

phigate serves at $url; its log is build/demo/phigate.log. Try, in another terminal:

  curl -i $url/v1/chat/completions --json '{"model": "auto", "messages": [{"role": "user", "content": "Hello"}]}'

  curl -i $url/v1/chat/completions -H 'X-Region: CH' -H 'X-PHI: true' --json '{"model": "gemma-4", "messages": [{"role": "user", "content": "Hello"}]}'

Where a request would go, and why not elsewhere:

  curl -s $url/v1/route/explain --json '{"model": "gpt-oss-120b"}' | python3 -m json.tool

With a provider that fails: scripts/run.sh --fault ovhcloud=status:503, then "See it decide" in README.md.
For an OpenAI SDK: base_url $url/v1 and any api_key. Ctrl-C stops phigate and the simulated providers.
END

ended=0
wait -n "$simulator" "$gateway" || ended=$?
echo "-- the end of build/demo/phigate.log:" >&2
tail -n 5 "$folder/phigate.log" >&2
fail "phigate or the simulator ended by itself (exit code $ended)"
