#!/usr/bin/env bash
# Builds neurotape and records a small network of spiking neurons, from nothing to files.
# usage: scripts/demo.sh [folder for the recording, default: build/demo]
set -euo pipefail

case "${1:-}" in -*) sed -n '2,3s/^# //p' "$0"; exit 2 ;; esac
folder=$(realpath -m "${1:-$(dirname "${BASH_SOURCE[0]}")/../build/demo}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/steps.sh

scripts/install_dependencies.sh
step "configure" cmake --preset release
step "build" cmake --build build/release --target example_spiking_network neurotape_tool
mkdir -p "$folder"
echo
(cd "$folder" && "$OLDPWD/build/release/examples/spiking_network")

echo
echo "The recording, newest first:"
find "$folder" -name experiment_data.h5 -printf '%T@ %h\n' | sort -rn | cut -d ' ' -f 2-
