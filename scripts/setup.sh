# Sourced by run.sh, test.sh and test-cluster.sh: goes to the project's folder and installs what is missing. Needs bash and Swift.
# need_packages NAME... installs Debian packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v swift >/dev/null || {
  echo "swift is not on the PATH; install Swift 6.3 from https://www.swift.org/install" >&2
  exit 69
}

need_packages() {
  local missing=() as_root=() package
  for package in "$@"; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
  echo "installing ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
}

need_packages libopenblas-dev libsqlite3-dev

# The Swift images have clang and no gcc; the kernels' scripts take either.
command -v cc >/dev/null || export CC=clang
command -v c++ >/dev/null || export CXX=clang++
