#!/usr/bin/env bash
# Builds neurotape and records a small network of spiking neurons, from nothing to files.
# usage: scripts/demo.sh [folder for the recording, default: build/demo]
set -euo pipefail

case "${1:-}" in -*) sed -n '2,3s/^# //p' "$0"; exit 2 ;; esac
folder=$(realpath -m "${1:-$(dirname "${BASH_SOURCE[0]}")/../build/demo}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/steps.sh

mkdir -p "$folder"
scripts/install_dependencies.sh
step "configure" cmake --preset release
step "build" cmake --build build/release --target example_spiking_network neurotape_tool
echo
# Where the files are is said below.
(cd "$folder" && stdbuf -oL "$OLDPWD/build/release/examples/spiking_network" | sed -u '/^files: /d')

run=$(find "$folder" -name experiment_data.h5 -printf '%T@ %h\n' | sort -n | tail -n 1 | cut -d ' ' -f 2-)
echo
echo "Each demo leaves a run of $(du -sb "$run" | awk '{printf "%.0f MB", $1 / 1e6}') on the disk. To look into this one:"
printf '  %q info %q\n' "$PWD/build/release/bin/neurotape" "$run"
