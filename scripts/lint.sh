# shellcheck shell=bash
# Sourced by test.sh: the format and the habits of the sources.

# All C++ files that git knows or would add; those that are gone in the working tree are left out.
lint_sources() {
  git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
    if [[ -f $file ]]; then printf '%s\n' "$file"; fi
  done
}

lint_all_formats() {
  local files
  mapfile -t files < <(lint_sources '*.hpp' '*.cpp')
  step "clang-format, ${#files[@]} files" clang-format --dry-run -Werror "${files[@]}"
}

# What a change is compared with: the main branch or, on that branch itself, the commit before.
lint_base() {
  local base
  base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null) || return 1
  if [[ $base == "$(git rev-parse HEAD)" ]]; then base=$(git rev-parse -q --verify HEAD~1) || return 1; fi
  echo "$base"
}

# The sources that differ, and those that include a header that differs; all where there is nothing to compare with.
lint_changed() {
  local base file
  if ! base=$(lint_base); then
    lint_sources '*.cpp'
    return
  fi
  {
    git diff --name-only --diff-filter=d "$base" -- '*.cpp' '*.hpp'
    git ls-files --others --exclude-standard -- '*.cpp' '*.hpp'
  } | while IFS= read -r file; do
    case $file in
      *.cpp) printf '%s\n' "$file" ;;
      *.hpp) git grep --untracked -lF "${file#include/}" -- '*.cpp' || true ;;
    esac
  done | sort -u
}

lint_with_tidy() {
  local files
  if [[ $1 == all ]]; then mapfile -t files < <(lint_sources '*.cpp'); else mapfile -t files < <(lint_changed); fi
  ((${#files[@]})) || return 0
  # Of clang++, for its flags are what clang-tidy understands.
  step "configure clang" cmake --preset clang
  local known
  mapfile -t known < <(lint_known "${files[@]}")
  ((${#known[@]})) || return 0
  step "clang-tidy, ${#known[@]} files" lint_tidy "${known[@]}"
}

# Those of the files that the build compiles: consumers of tests/package are projects of their own.
lint_known() {
  local file
  for file in "$@"; do
    if grep -qF "\"file\": \"$PWD/$file\"" build/clang/compile_commands.json; then printf '%s\n' "$file"; fi
  done
}

lint_tidy() {
  export -f lint_one
  lint_count=$# && export lint_count
  printf '%s\n' "$@" | nl -w1 -s' ' | xargs -P "$(nproc)" -L 1 bash -c 'lint_one "$@"' bash
}

# Without its count of the warnings in other people's headers.
lint_one() {
  echo "[$1/$lint_count] $2"
  clang-tidy --quiet -p build/clang "$2" 2> >(grep -v -E 'warnings? generated' >&2)
}
