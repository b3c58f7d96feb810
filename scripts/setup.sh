# Sourced by run.sh and test.sh: goes to the project's folder and installs what is missing. Needs bash and Swift.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v swift >/dev/null || {
  echo "swift is not on the PATH; install Swift 6.3 from https://www.swift.org/install" >&2
  exit 69
}

missing=()
for package in libopenblas-dev libsqlite3-dev; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
  echo "installing ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
fi

# The Swift images have clang and no gcc; the kernels' scripts take either.
command -v cc >/dev/null || export CC=clang
command -v c++ >/dev/null || export CXX=clang++
