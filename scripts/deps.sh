#!/usr/bin/env bash
# The Debian packages that phigate needs: the one list of them, by group.
#
#   scripts/deps.sh GROUP...          installs what is missing of these groups; asks nothing, and calls apt only then
#   scripts/deps.sh --list GROUP...   prints the packages, one a line
#
# Groups: build (the daemon), test, e2e, bench, lint, runtime (what a built daemon and its health check need).
# Made for Debian 12. As another user than root it goes through sudo.
set -euo pipefail

build=(
  g++ cmake ninja-build ccache mold pkg-config
  libboost1.81-dev nlohmann-json3-dev libsimdjson-dev libspdlog-dev libfmt-dev libyaml-cpp-dev libssl-dev libcli11-dev
  zlib1g-dev
)
test=(libgtest-dev libgmock-dev librapidcheck-dev openssl python3 curl ca-certificates)
e2e=(python3-venv python3-pip curl openssl ca-certificates chromium espeak-ng) # and Node, see below
bench=(libbenchmark-dev nginx-light wrk openssl python3)
lint=(clang-format-19 clang-tidy-19 clang-19 python3 g++)
runtime=(ca-certificates curl libspdlog1.10 libfmt9 libyaml-cpp0.7 libsimdjson14 libssl3)

# Node may come from elsewhere than Debian, with npm inside its own package, and Debian's npm would then conflict. So the
# commands are what counts.
node=(nodejs npm)
oldest_node=18

node_is_there() {
  command -v node >/dev/null && command -v npm >/dev/null || return 1
  local version
  version=$(node --version) # v20.11.1
  version=${version#v}
  ((${version%%.*} >= oldest_node))
}

packages_of() {
  case $1 in
    build | test | bench | lint | runtime)
      local -n group=$1
      printf '%s\n' "${group[@]}"
      ;;
    e2e)
      printf '%s\n' "${e2e[@]}"
      node_is_there || printf '%s\n' "${node[@]}"
      ;;
    *)
      echo "deps.sh: no group '$1' (build, test, e2e, bench, lint, runtime)" >&2
      return 2
      ;;
  esac
}

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
  if ((EUID == 0)); then
    env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    echo "deps.sh: installing packages needs root, and there is no sudo. As root: scripts/deps.sh ${groups[*]}" >&2
    return 1
  fi
}

install_packages() {
  as_root apt-get install --yes --no-install-recommends --quiet -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

list_only=false
if [[ ${1-} == --list ]]; then
  list_only=true
  shift
fi
groups=("$@")
if ((${#groups[@]} == 0)); then
  echo "usage: scripts/deps.sh [--list] build|test|e2e|bench|lint|runtime ..." >&2
  exit 2
fi

wanted=$(for group_name in "${groups[@]}"; do packages_of "$group_name" || exit; done | sort -u; exit "${PIPESTATUS[0]}")
if $list_only; then
  echo "$wanted"
  exit
fi

missing=()
for package in $wanted; do
  is_installed "$package" || missing+=("$package")
done
((${#missing[@]} == 0)) && exit 0

echo "deps.sh: installing ${missing[*]}"
# A machine that never ran `apt-get update` knows no package; one that ran it long ago may ask for files that are gone.
apt-cache show --no-all-versions "${missing[@]}" >/dev/null 2>&1 || as_root apt-get update --quiet
install_packages "${missing[@]}" || {
  as_root apt-get update --quiet
  install_packages "${missing[@]}"
}
