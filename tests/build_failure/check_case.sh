#!/bin/sh
# SPDX-License-Identifier: MIT
# check_case.sh COMPILER FLAG... -o STAMP -c CASE.cpp: with OFFEND defined the case must fail with the words that it expects;
# then STAMP is written. (That it compiles without is what check_harmless.sh checks.) It says so in comments:
#   // expected: WORDS         all these lines must appear in what the compiler prints, spaces and line breaks aside
#   // expected[gcc]: WORDS    the same for one compiler (gcc or clang)
#   // errors: N               how many errors there are; [gcc] or [clang] as above
#   // lines: N                how many lines all of it may have, with the source that it quotes; 14 where it is not said
set -u
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
# shellcheck source=tests/support/check.sh
. "$here/../support/check.sh"
for argument; do case_file=$argument; done
export CCACHE_EXTRAFILES="$case_file"  # also its comments
run_as_compiler "$@"

for argument; do
  shift
  case ${before:-} in -o) stamp=$argument ;; esac
  before=$argument
  case $argument in -c | -o | "${stamp:-}") continue ;; esac
  set -- "$@" "$argument"
done
if "$CASTORE_COMPILER" --version | grep -q clang; then
  kind=clang
else
  kind=gcc
fi

fail() {
  printf '%s: %s\n%s\n' "$case_file" "$1" "$output"
  exit 1
}

# ccache asks for colors, which would stand between the words.
output=$(LC_ALL=C "$CASTORE_COMPILER" -fsyntax-only -DOFFEND "$@" -fdiagnostics-color=never 2>&1) && fail "compiles, though it offends"

lines=$(sed -n "s|^// lines\(\[$kind\]\)\{0,1\}: ||p" "$case_file")
actual=$(printf '%s\n' "$output" | wc -l)
[ "$actual" -le "${lines:-14}" ] || fail "the compiler needs $actual lines, allowed: ${lines:-14}"

# Without the source lines that it quotes: the names must be in what the compiler itself says.
output=$(printf '%s\n' "$output" | grep -E '^(In file included| +from )|: (fatal error|error|warning|note): |: (In |in |  )')
one_line=$(printf '%s' "$output" | tr -s ' \n' '  ')
expected=$(sed -n "s|^// expected\(\[$kind\]\)\{0,1\}: ||p" "$case_file")
[ -n "$expected" ] || fail "expects nothing"
! grep -qE '^// .*[^ ] +(expected|errors|lines): ' "$case_file" || fail "a line that was joined to the one before is not read"
printf '%s\n' "$expected" | {
  while IFS= read -r words; do
    case $one_line in
      *"$words"*) ;;
      *) fail "the compiler does not say: $words" ;;
    esac
  done
} || exit 1

errors=$(sed -n "s|^// errors\(\[$kind\]\)\{0,1\}: ||p" "$case_file")
actual=$(printf '%s\n' "$output" | grep -c 'error: ')
[ -z "$errors" ] || [ "$errors" = "$actual" ] || fail "has $actual errors, expected: $errors"
echo "fails as expected" >"$stamp"
