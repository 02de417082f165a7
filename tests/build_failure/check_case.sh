#!/bin/sh
# SPDX-License-Identifier: MIT
# check_case.sh COMPILER CASE.cpp FLAG... : the case must compile, and with OFFEND defined it must fail with the words
# that it expects. It says so in comments:
#   // expected: WORDS         all these lines must appear in what the compiler prints, spaces and line breaks aside
#   // expected[gcc]: WORDS    the same for one compiler (gcc or clang)
#   // errors: N               how many errors there are; [gcc] or [clang] as above
set -u
compiler=$1
case_file=$2
shift 2
if "$compiler" --version | grep -q clang; then
  kind=clang
  flags=-fno-caret-diagnostics
else
  kind=gcc
  flags=-fno-diagnostics-show-caret
fi
# Without the source lines that it quotes: the names must be in what the compiler itself says.
compile() {
  LC_ALL=C "$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -Wconversion -Wshadow -Werror $flags "$@" "$case_file" 2>&1
}

fail() {
  printf '%s: %s\n%s\n' "$case_file" "$1" "$output"
  exit 1
}

output=$(compile "$@") || fail "does not compile, though nothing offends"
output=$(compile -DOFFEND "$@") && fail "compiles, though it offends"

one_line=$(printf '%s' "$output" | tr -s ' \n' '  ')
expected=$(sed -n "s|^// expected\(\[$kind\]\)\{0,1\}: ||p" "$case_file")
[ -n "$expected" ] || fail "expects nothing"
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
