# shellcheck shell=bash
# Sourced by the other scripts. A step is a command with a name: one line and its time when it went well,
# its whole log when it did not, and a sign of life in between.

if [[ -t 1 && ${TERM:-dumb} != dumb ]]; then
  bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m' live=1
else
  bold='' red='' plain='' live=''
fi

step_dir=$(mktemp -d)
step_log=$step_dir/log
step_pid=''

steps_end() {
  # The command of a step leads a process group of its own: an interrupted script leaves nothing behind.
  [[ -z $step_pid ]] || kill -- "-$step_pid" 2>/dev/null || true
  rm -rf "$step_dir"
}
trap steps_end EXIT
trap 'exit 130' INT TERM

# The last "[12/345]" of a build or "12/345 Test" of ctest.
step_position() {
  tail -c 4000 "$step_log" | tr '\r' '\n' | grep -oE '^\[[0-9]+/[0-9]+\]|^ *[0-9]+/[0-9]+ Test' | tail -n 1 |
    tr -dc '0-9/' || true
}

# Not on a terminal: a line every half minute. On one: a line that is written over.
step_progress() {
  local name=$1 seconds=$2
  if [[ $live ]]; then
    printf '\r\e[K%-34s %5d s  %s' "$name" "$seconds" "$(step_position)"
  elif ((seconds % 30 == 0)); then
    printf '  ... %s: %d s  %s\n' "$name" "$seconds" "$(step_position)"
  fi
}

# step <name> <command> [argument...]: the log stays in $step_log until the next step.
step() {
  local name=$1 began=$EPOCHREALTIME seconds=0 code=0
  shift
  set -m
  "$@" >"$step_log" 2>&1 </dev/null &
  step_pid=$!
  set +m
  while kill -0 "$step_pid" 2>/dev/null; do
    sleep 0.2
    if ((${EPOCHREALTIME/[.,]/} - ${began/[.,]/} >= (seconds + 1) * 1000000)); then
      seconds=$((seconds + 1))
      step_progress "$name" "$seconds"
    fi
  done
  wait "$step_pid" || code=$?
  step_pid=''
  [[ ! $live ]] || printf '\r\e[K'
  local tenths=$(((${EPOCHREALTIME/[.,]/} - ${began/[.,]/}) / 100000))
  printf '%-34s %3d.%d s\n' "$name" $((tenths / 10)) $((tenths % 10))
  ((code == 0)) || step_failed "$name" "$code"
}

step_failed() {
  cat "$step_log"
  printf '%s%s failed (exit code %d); its log is above%s\n' "$bold$red" "$1" "$2" "$plain" >&2
  exit 1
}
