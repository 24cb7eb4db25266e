#!/usr/bin/env bash
# format.sh - clang-format over every C file; --check only says what differs.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(-i)
[ "${1:-}" != --check ] || mode=(--dry-run -Werror)
{ git ls-files -z --cached --others --exclude-standard 2>/dev/null ||
  find src tests tools bench sim -print0 2>/dev/null; } |
  { grep -zE '\.[ch]$' || true; } | while IFS= read -r -d '' f; do
    [ ! -e "$f" ] || printf '%s\0' "$f"
  done | xargs -0 -r clang-format-14 "${mode[@]}"
