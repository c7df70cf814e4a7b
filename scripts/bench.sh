#!/usr/bin/env bash
# Builds the benchmarks, runs them one after the other, and prints one table: each figure with its bar and its peer.
# usage: scripts/bench.sh [flags] [program...]     (default: all programs of bench/)
#   --quick           smaller and fewer: some minutes, to see where one stands
#   --tiny            only whether everything works; the figures mean nothing
#   --directory DIR   records there (default: $TMPDIR or /tmp); choose the disk that is meant
#   --gigabytes N     raw data for what measures throughput (cortex, spikes, disk), instead of what the size has
#   --build DIR       uses this build directory, configured before, instead of the preset `bench`
#   --table           no run: the table of the last one
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")

usage() { sed -n '2,9s/^# //p' "$here/bench.sh"; }

scale=() directory=${TMPDIR:-/tmp} build='' only_table='' programs=()
while (($#)); do
  case $1 in
    --quick | --tiny) scale+=("$1") ;;
    --directory) directory=$(realpath "${2:?--directory needs a path}"); shift ;;
    --gigabytes) scale+=("--gigabytes=${2:?--gigabytes needs a number}"); shift ;;
    --build) build=$(realpath "${2:?--build needs a path}"); shift ;;
    --table) only_table=1 ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) programs+=("$1") ;;
  esac
  shift
done

cd "$here/.."
source scripts/steps.sh
if ((${#programs[@]} == 0)); then
  programs=(cortex disk paced record_row record_small commit spikes rl scalars sizes read simulation memory slow_disk
    idle start_close artifacts include_cost)
fi
preset=''
if [[ ! $build ]]; then preset=1 build=build/bench; fi
results=$build/bench/results

# A program that fails or hangs does not keep the others from running; what it said stays in its log.
# shellcheck disable=SC2317  # called through `step`
run_program() {
  local program=$1
  shift
  timeout 1800 "$@" >"$results/$program.log" 2>&1 || echo "$program" >>"$results/failed"
}

if [[ ! $only_table ]]; then
  if [[ $preset ]]; then
    # Without the Python peers where they are not to be had: the table says so.
    scripts/install_dependencies.sh --bench || scripts/install_dependencies.sh
    step "configure bench" cmake --preset bench
  fi
  step "build bench" cmake --build "$build" -j "$(nproc)" --target neurotape_benchmarks
  rm -rf "$results"
  mkdir -p "$results"
  for program in "${programs[@]}"; do
    command=("$build/bench/$program")
    if [[ $program == include_cost ]]; then command=(python3 bench/include_cost.py); fi
    step "$program" run_program "$program" "${command[@]}" "${scale[@]}" "--directory=$directory" \
      "--benchmark_out=$results/$program.json"
  done
  echo
fi
code=0
python3 bench/table.py "$results" || code=1
if [[ " ${scale[*]} " == *" --tiny "* ]]; then echo; echo "These sizes are too small: the figures mean nothing."; fi
if [[ -s $results/failed ]]; then
  while IFS= read -r program; do
    echo
    echo "$program failed: the end of $results/$program.log"
    tail -n 20 "$results/$program.log"
  done <"$results/failed"
  exit 1
fi
exit "$code"
