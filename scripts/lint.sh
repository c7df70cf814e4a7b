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

# The sources that differ from the main branch or, on that branch itself, from the commit before.
lint_changed() {
  local base
  base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null) || return 0
  if [[ $base == "$(git rev-parse HEAD)" ]]; then base=$(git rev-parse -q --verify HEAD~1) || return 0; fi
  { git diff --name-only --diff-filter=d "$base" -- '*.cpp'; git ls-files --others --exclude-standard -- '*.cpp'; } | sort -u
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
