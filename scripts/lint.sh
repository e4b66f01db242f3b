#!/usr/bin/env bash
# Checks of the source that need no build: layers, coroutine rules, headers alone, format, hygiene.
#
#   scripts/lint.sh               these
#   scripts/lint.sh --tidy [RE]   clang-tidy instead, over the sources whose path matches RE (all of src/: minutes)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ${1-} != --tidy ]]; then
  scripts/deps.sh build test lint
  exec /usr/bin/python3 -m unittest discover -s tests/lint -t tests
fi

scripts/deps.sh build test lint
cmake --preset dev >/dev/null # for its compile_commands.json; nothing is built
exec run-clang-tidy-19 -p build/dev -quiet -j "$(nproc)" "$PWD/src/${2:-.*}"
