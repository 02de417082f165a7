#!/bin/sh
# SPDX-License-Identifier: MIT
# check_case.test.sh COMPILER: check_harmless.sh and check_case.sh accept a right case and refuse wrong ones, each for its
# reason.
set -u
unset CMAKE_CXX_COMPILER_LAUNCHER  # nothing here is worth keeping
compiler=$1
flags="-std=c++20 -Wall -Wextra -Wconversion -Wshadow -Werror"
here=$(dirname "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

# refuses WORDS LINE... : expects a case of these lines to be refused with WORDS; no WORDS: to be accepted.
refuses() {
  words=$1
  shift
  printf '%s\n' "$@" >"$dir/case.cpp"
  # shellcheck disable=SC2086  # a list of words
  output=$(sh "$here/check_harmless.sh" "$compiler" "$dir" $flags &&
    sh "$here/check_case.sh" "$compiler" $flags -o "$dir/stamp" -c "$dir/case.cpp")
  status=$?
  case $status:$words in
    0:) ;;
    0:*) echo "FAILED: accepted, expected: $words" && failures=$((failures + 1)) ;;
    *:) echo "FAILED: refused: $output" && failures=$((failures + 1)) ;;
    *)
      case $output in
        *"$words"*) ;;
        *) echo "FAILED: expected: $words; got: $output" && failures=$((failures + 1)) ;;
      esac
      ;;
  esac
}

offence='template <class Type> struct Checked { static_assert(sizeof(Type) == 0, "too large"); };
struct Culprit {};
#ifdef OFFEND
Checked<Culprit> checked;
#endif'

refuses '' '// expected: too large' '// expected: Checked<Culprit>' '// errors: 1' "$offence"
refuses '' '// expected[gcc]: too large' '// expected[clang]: too large' '// errors[gcc]: 1' '// errors[clang]: 1' "$offence"
refuses 'does not compile, though nothing offends' '// expected: too large' "$offence" 'int a = "";'
refuses 'does not compile, though nothing offends' '// expected: too large' "$offence" 'int narrow(long value) { return value; }'
refuses 'compiles, though it offends' '// expected: too large' 'int main() {}'
refuses 'expects nothing' "$offence"
refuses 'the compiler does not say: too small' '// expected: too large' '// expected: too small' "$offence"
refuses 'the compiler does not say: too small' '// expected[gcc]: too small' '// expected[clang]: too small' "$offence"
# The name of the type must come from the compiler, not from a line of source that it quotes.
refuses 'the compiler does not say: Culprit' '// expected: Culprit' '#ifdef OFFEND' 'struct Culprit;' \
  'static_assert(sizeof(int) == 0, "" /* Culprit */);' '#endif'
refuses 'allowed: 1' '// expected: too large' '// lines: 1' "$offence"
refuses '' '// expected: too large' '// lines[gcc]: 14' '// lines[clang]: 14' "$offence"
refuses 'has 1 errors, expected: 2' '// expected: too large' '// errors: 2' "$offence"

[ "$failures" -eq 0 ] || exit 1
