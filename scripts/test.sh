#!/usr/bin/env bash
# Every test there is, from nothing: installs what is missing, builds, runs, and ends with one line, `N passed, N failed`.
#
#   scripts/test.sh              all parts
#   scripts/test.sh PART...      some of: lint sim unit integration fuzz tidy e2e tsan
#
# lint         layers, coroutine rules, headers alone, format, hygiene
# sim          the provider simulator that other parts rely on
# unit         the C++ unit and property tests, under ASan and UBSan
# integration  real sockets and a simulated provider against the daemon, under ASan and UBSan
# fuzz         each fuzzer of tests/fuzz/ for a while, from its corpus
# tidy         clang-tidy over what takes bytes from outside apart (scripts/lint.sh --tidy takes all of src/: some minutes)
# e2e          the release daemon with curl and the OpenAI SDKs
# tsan         those integration tests again in which threads meet, with two workers, under TSan
#
# The generated tests take a few thousand requests here. For a longer run of some (defaults in brackets):
#   PHIGATE_PHI_REQUESTS=200000 [4000]  PHIGATE_WORLDS=500 [48]  PHIGATE_RELOADS=1000 [300]  scripts/test.sh integration
# And the seconds for each fuzzer:
#   PHIGATE_FUZZ_SECONDS=3600 [15]  scripts/test.sh fuzz
#
# Each part's whole output is in build/test-logs/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly all_parts=(lint sim unit integration fuzz tidy e2e tsan)
readonly logs=$PWD/build/test-logs
readonly python=/usr/bin/python3 # Debian's own: it is the one that python3-venv belongs to
# The integration tests in which workers, reloads and what happens in the background meet: those that run under TSan too.
readonly shared_between_workers=(
  test_disconnects test_document_farewell test_document_polling test_failover test_health test_media_phi test_operations
  test_phi_property test_properties test_reload test_reload_under_load test_retry_budget test_speech_relay test_streaming test_tls
  test_transcription_failover test_transcription_polling test_upstream_connections test_vendors
)
passed=0
failed=0
ahead= # the pid of a build in the background

# Sanitizers: a report ends the process, and a leak counts.
export ASAN_OPTIONS=allow_addr2line=1:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=$PWD/tests/support/tsan.supp

count() { # PART PASSED FAILED
  passed=$((passed + $2))
  failed=$((failed + $3))
  printf '== %-12s %5d passed, %d failed  (%d s)\n' "$1:" "$2" "$3" "$((SECONDS - part_began))"
}

# Shows why a part failed: the lines that say so, or else the end of its log.
show_failures() { # PART PATTERN
  grep -nE "$2" "$logs/$1.log" | head -n 60 || true
  echo "-- the end of $logs/$1.log:"
  tail -n 40 "$logs/$1.log"
}

build() { # PRESET TARGET...
  local preset=$1
  shift
  if [[ -n $ahead ]]; then
    wait "$ahead" || true # what failed there fails here again, and is shown
    ahead=
  fi
  echo "-- building $preset: $*"
  if { cmake --preset "$preset" && cmake --build --preset "$preset" --target "$@"; } >"$logs/build-$preset.log" 2>&1; then
    return 0
  fi
  show_failures "build-$preset" 'error:|FAILED:|CMake Error'
  return 1
}

# Begins to build what a later part needs while this part's tests run, which mostly wait.
build_ahead() { # PART PRESET TARGET
  [[ " ${parts[*]} " == *" $1 "* ]] || return 0
  { cmake --preset "$2" && nice -n 19 cmake --build --preset "$2" --target "$3"; } >"$logs/ahead-$2.log" 2>&1 &
  ahead=$!
}

# unittest closes with "Ran N tests" and, on failure, "FAILED (failures=1, errors=2)"; subtests that fail count each.
run_unittest() { # PART FOLDER
  local part=$1 status=0 ran bad
  "$python" -m unittest discover -s "tests/$2" -t tests >"$logs/$part.log" 2>&1 </dev/null || status=$?
  ran=$(sed -nE 's/^Ran ([0-9]+) tests? in .*/\1/p' "$logs/$part.log" | tail -n 1)
  ran=${ran:-0}
  bad=$(grep -cE '^(FAIL|ERROR|UNEXPECTED SUCCESS): ' "$logs/$part.log" || true)
  if ((status != 0 && bad == 0)) || ((ran == 0)); then bad=$((bad + 1)); fi
  if ((bad > 0)); then show_failures "$part" '^(FAIL|ERROR|UNEXPECTED SUCCESS): |Error: |SUMMARY: '; fi
  count "$part" "$((ran > bad ? ran - bad : 0))" "$bad"
}

# The modules of a folder, two processes at a time: most of their time they wait. Each one's log is logs/PART/MODULE.log.
run_modules() { # PART FOLDER MODULE...
  local part=$1 folder=$2 ran bad broken
  shift 2
  rm -rf "${logs:?}/$part"
  mkdir -p "$logs/$part"
  printf '%s\n' "$@" | xargs -P "$(nproc)" -I MODULE bash -c '
    cd tests && "$0" -m unittest "$1.$3" >"$2/$3.log" 2>&1 </dev/null || echo "ended with code $?" >>"$2/$3.log"' \
    "$python" "$folder" "$logs/$part" MODULE
  cat "$logs/$part"/*.log >"$logs/$part.log"
  ran=$(sed -nE 's/^Ran ([0-9]+) tests? in .*/\1/p' "$logs/$part.log" | awk '{ sum += $1 } END { print sum + 0 }')
  bad=$(grep -cE '^(FAIL|ERROR|UNEXPECTED SUCCESS): ' "$logs/$part.log" || true)
  broken=$(grep -cE '^ended with code' "$logs/$part.log" || true)
  # A module that ended badly without naming a test, or that never told how many it ran, counts as one.
  if ((broken > 0 && bad == 0)) || (($(grep -cE '^Ran [0-9]+ tests?' "$logs/$part.log") != $#)); then bad=$((bad + 1)); fi
  if ((bad > 0)); then show_failures "$part" '^(FAIL|ERROR|UNEXPECTED SUCCESS): |Error: |SUMMARY: '; fi
  count "$part" "$((ran > bad ? ran - bad : 0))" "$bad"
}

part_lint() { run_unittest lint lint; }

part_sim() { run_unittest sim sim; }

part_unit() {
  build asan all || { count unit 0 1; return; }
  local status=0 line bad total
  ctest --test-dir build/asan --label-regex unit --parallel "$(nproc)" --no-tests=error --output-on-failure \
    >"$logs/unit.log" 2>&1 </dev/null || status=$?
  line=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests? failed out of [0-9]+' "$logs/unit.log" || true)
  total=$(sed -nE 's/.*out of ([0-9]+).*/\1/p' <<<"$line")
  bad=$(sed -nE 's/.*passed, ([0-9]+) tests? failed.*/\1/p' <<<"$line")
  total=${total:-0} bad=${bad:-0}
  if ((status != 0 && bad == 0)); then bad=1; fi
  if ((bad > 0)); then show_failures unit '\(Failed\)|Failure$|SUMMARY: |runtime error:'; fi
  count unit "$((total > bad ? total - bad : 0))" "$bad"
}

part_integration() {
  build asan phigate || { count integration 0 1; return; }
  build_ahead e2e release phigate
  local modules=(tests/integration/test_*.py)
  modules=("${modules[@]##*/}")
  PHIGATE_BINARY=$PWD/build/asan/phigate run_modules integration integration "${modules[@]%.py}"
}

# Two at a time. What they find anew stays in build/fuzz-corpus, an input that breaks something in logs/fuzz.
part_fuzz() {
  build asan fuzz || { count fuzz 0 1; return; }
  local sources=(tests/fuzz/*.cpp) names good
  names=("${sources[@]##*/}")
  rm -rf "${logs:?}/fuzz"
  mkdir -p "$logs/fuzz"
  printf '%s\n' "${names[@]%.cpp}" | xargs -P "$(nproc)" -I NAME bash -c '
    mkdir -p "build/fuzz-corpus/$2"
    "build/asan/fuzz_$2" -max_total_time="$0" -max_len=8192 -timeout=20 -artifact_prefix="$1/$2-" \
      "build/fuzz-corpus/$2" "tests/fuzz/corpus/$2" >"$1/$2.log" 2>&1 </dev/null && echo "fuzzer ended well" >>"$1/$2.log" || true' \
    "${PHIGATE_FUZZ_SECONDS:-15}" "$logs/fuzz" NAME
  cat "$logs/fuzz"/*.log >"$logs/fuzz.log"
  # One that ran nothing but its corpus has tested nothing.
  good=$(grep -lE '^fuzzer ended well' "$logs/fuzz"/*.log | xargs -r grep -lE '^Done [0-9]{3,} runs' | wc -l || true)
  if ((good < ${#names[@]})); then show_failures fuzz 'does not hold|ERROR: |SUMMARY: |Test unit written'; fi
  count fuzz "$good" "$((${#names[@]} - good))"
}

part_tsan() {
  build tsan phigate || { count tsan 0 1; return; }
  # Races don't need as many generated requests to show; a longer run that was asked for stays as it is.
  export PHIGATE_PHI_REQUESTS=${PHIGATE_PHI_REQUESTS:-1000} PHIGATE_WORLDS=${PHIGATE_WORLDS:-12} PHIGATE_RELOADS=${PHIGATE_RELOADS:-150}
  PHIGATE_BINARY=$PWD/build/tsan/phigate PHIGATE_WORKERS=2 run_modules tsan integration "${shared_between_workers[@]}"
}

part_tidy() {
  local status=0 checked bad
  scripts/lint.sh --tidy '(http/|codec/(json|multipart|form|header|transcription|document|speech|utf8|base64|audio)).*' >"$logs/tidy.log" 2>&1 </dev/null || status=$?
  checked=$(grep -cE '^\[ *[0-9]+/[0-9]+\].*clang-tidy' "$logs/tidy.log" || true)
  bad=$(grep -cE '(^|: )error: ' "$logs/tidy.log" || true)
  if ((checked == 0 || (status != 0 && bad == 0))); then bad=$((bad + 1)); fi
  if ((bad > 0)); then show_failures tidy '(^|: )error: '; fi
  count tidy "$((checked > bad ? checked - bad : 0))" "$bad"
}

# The script closes with its own "N passed, N failed"; one that ends without it failed.
part_e2e() {
  build release phigate || { count e2e 0 1; return; }
  build_ahead tsan tsan phigate
  local status=0 line good bad
  PHIGATE_BINARY=$PWD/build/release/phigate bash tests/e2e/run.sh >"$logs/e2e.log" 2>&1 </dev/null || status=$?
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$logs/e2e.log" | tail -n 1 || true)
  good=$(sed -nE 's/^([0-9]+) passed.*/\1/p' <<<"$line")
  bad=$(sed -nE 's/^[0-9]+ passed, ([0-9]+) failed.*/\1/p' <<<"$line")
  good=${good:-0} bad=${bad:-0}
  if ((status != 0 && bad == 0)) || ((good + bad == 0)); then bad=$((bad + 1)); fi
  if ((bad > 0)); then show_failures e2e '^(FAIL|ERROR|not ok)|Error: '; fi
  count e2e "$good" "$bad"
}

parts=("$@")
(($#)) || parts=("${all_parts[@]}")
for part in "${parts[@]}"; do
  [[ " ${all_parts[*]} " == *" $part "* ]] || { echo "test.sh: no part '$part' (${all_parts[*]})" >&2; exit 2; }
done

scripts/deps.sh build test e2e lint
mkdir -p "$logs"
for part in "${parts[@]}"; do
  part_began=$SECONDS
  "part_$part"
done

echo "logs: $logs ($SECONDS s)"
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
