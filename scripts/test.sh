#!/usr/bin/env bash
# Installs what is missing, builds with warnings as errors, and runs every test.
# usage: scripts/test.sh [--preset dev|ci] [flags]
#   --lint           first: clang-format on all sources, clang-tidy on those that differ from the main branch
#   --lint-all       first: both on all sources
#   --clang          also: build the library and its programs with clang++, and run the examples
#   --core-only      also: build without HDF5, and test that
#   --core-sanitize  also: the tests of the core under AddressSanitizer, UBSan and ThreadSanitizer
#   --sanitize       also: every test under the sanitizers
#   --long           stress tests and fuzzers take minutes instead of seconds
# Fuzzers run for ten seconds each where clang++ can build them. NEUROTAPE_TEST_DATA names a directory with real files of
# other programs (spikes/, hdf5_robustness/, npy_corpus/); tests that read them skip themselves without it.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
jobs=$(nproc)

usage() { sed -n '2,/^set/s/^# //p' "$here/test.sh"; }

preset=dev lint='' clang='' core_only='' sanitize=() core_sanitize=()
while (($#)); do
  case $1 in
    --preset) preset=${2:?--preset needs a name}; shift ;;
    --lint) lint=changed ;;
    --lint-all) lint=all ;;
    --clang) clang=1 ;;
    --core-only) core_only=1 ;;
    --core-sanitize) core_sanitize=(asan-core tsan-core) ;;
    --sanitize) sanitize=(asan tsan) ;;
    --long) export NEUROTAPE_LONG_TESTS=1 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

cd "$here/.."
source scripts/steps.sh

# ctest's own closing lines, and what skipped itself, always stay visible.
summary() {
  sed -n '/tests passed,/,$p' "$step_log"
  echo
}

configure_and_build() {
  local name=$1
  shift
  step "configure $name" cmake --preset "$name"
  step "build $name" cmake --build "build/$name" -j "$jobs" "$@"
}

run_tests() {
  local name=$1
  shift
  step "test $name" ctest --test-dir "build/$name" -j "$jobs" --output-on-failure --no-tests=error "$@"
  summary
}

clang_can_fuzz() {
  echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' |
    clang++ -fsanitize=fuzzer,address -x c++ -o /dev/null - 2>/dev/null
}

scripts/install_dependencies.sh --checks

if [[ $lint ]]; then
  source scripts/lint.sh
  lint_all_formats
  lint_with_tidy "$lint"
fi
configure_and_build "$preset"
run_tests "$preset"
if clang_can_fuzz; then
  configure_and_build fuzz --target neurotape_fuzzers
  run_tests fuzz
else
  echo "Fuzzers are left out: clang++ has no fuzzer here"
fi
if [[ $clang ]]; then
  configure_and_build clang --target neurotape_programs
  run_tests clang -L example
fi
if [[ $core_only ]]; then
  configure_and_build core-only
  run_tests core-only
fi
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-suppressions=$PWD/cmake/tsan.supp:halt_on_error=1:second_deadlock_stack=1}
for name in "${core_sanitize[@]}"; do
  configure_and_build "$name"
  run_tests "$name" -L core
done
for name in "${sanitize[@]}"; do
  configure_and_build "$name"
  run_tests "$name"
done
echo "All is well."
