#!/usr/bin/env bash
# The daemon end to end with curl, OpenAI's own SDKs (Python and Node) and a browser, against simulated providers.
#
#   tests/e2e/run.sh        the daemon is PHIGATE_BINARY, by default build/release/phigate; the browser PHIGATE_CHROMIUM,
#                           by default /usr/bin/chromium
#
# SDKs are installed into build/e2e/ once for each pinned version. The last line is `N passed, N failed`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly folder=$PWD/build/e2e
readonly binary=${PHIGATE_BINARY:-$PWD/build/release/phigate}
[[ -x $binary ]] || { echo "run.sh: no daemon at $binary: build it, or set PHIGATE_BINARY" >&2; exit 1; }

# Installs anew when the pins changed since, and only then.
install_once() { # NAME PINS... -- COMMAND...
  local stamp=$folder/$1.stamp pins=()
  shift
  while [[ $1 != -- ]]; do pins+=("$1"); shift; done
  shift
  local sum
  sum=$(cat "${pins[@]}" | sha256sum)
  if [[ ! -f $stamp || $(<"$stamp") != "$sum" ]]; then
    "$@"
    echo "$sum" >"$stamp"
  fi
}

install_python() {
  /usr/bin/python3 -m venv --clear "$folder/venv"
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check --requirement tests/e2e/requirements.txt
}

install_node() {
  mkdir -p "$folder/node"
  cp tests/e2e/package.json tests/e2e/package-lock.json "$folder/node/"
  npm ci --prefix "$folder/node" --no-audit --no-fund --loglevel=error
}

mkdir -p "$folder"
install_once venv tests/e2e/requirements.txt -- install_python
install_once node tests/e2e/package.json tests/e2e/package-lock.json -- install_node
cp tests/e2e/*.mjs "$folder/node/" # beside its node_modules

log=$folder/tests.log
status=0
PHIGATE_BINARY=$binary PHIGATE_NODE_FOLDER=$folder/node \
  "$folder/venv/bin/python" -m unittest discover -s tests/e2e -t tests 2>&1 | tee "$log" || status=$?

ran=$(sed -nE 's/^Ran ([0-9]+) tests? in .*/\1/p' "$log" | tail -n 1)
bad=$(grep -cE '^(FAIL|ERROR|UNEXPECTED SUCCESS): ' "$log" || true)
ran=${ran:-0}
if ((ran == 0 || (status != 0 && bad == 0))); then bad=$((bad + 1)); fi
echo "$((ran > bad ? ran - bad : 0)) passed, $bad failed"
((bad == 0))
