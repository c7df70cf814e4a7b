#!/usr/bin/env bash
# Installs the Debian packages that are missing; says nothing when there are none.
# usage: scripts/install_dependencies.sh [--checks | --bench]
#   --checks   also clang, for the fuzzers, and what the checks of the sources use
#   --bench    also the Python packages that the benchmarks compare with
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache pkg-config
  libhdf5-dev hdf5-tools libblosc-dev libisal-dev libdeflate-dev libminizip-dev liblzf-dev libxxhash-dev
  libconcurrentqueue-dev libeigen3-dev libfmt-dev nlohmann-json3-dev libcli11-dev
  libbenchmark-dev libgtest-dev libgmock-dev
  gnuplot-nox strace
  hdf5-filter-plugin-blosc-serial hdf5-plugin-lzf python3 python3-h5py python3-numpy python3-pandas
)
peers=(python3-tables python3-zarr)
checks=(clang clang-format clang-tidy libomp-dev libclang-rt-14-dev)

case "${1:-}" in
  "") ;;
  --checks) packages+=("${checks[@]}") ;;
  --bench) packages+=("${peers[@]}") ;;
  *) sed -n '2,5s/^# //p' "$0"; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "install_dependencies.sh: no dpkg here. Please install by hand what these Debian packages hold:" >&2
  echo "  ${packages[*]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || status=none
  [[ $status == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "install_dependencies.sh: not root, and there is no sudo. As root, please run:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 "$@"; }

echo "Installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# An update that fails in part may still know these packages.
if ! { apt update || true; apt install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  cat "$log" >&2
  echo "install_dependencies.sh: apt-get failed. Missing: ${missing[*]}" >&2
  exit 1
fi
