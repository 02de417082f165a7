# SPDX-License-Identifier: MIT
# For the tests of a script that checks a tree: sets failures; needs script and tree.

failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# finds WORDS : expects the check to fail with WORDS.
finds() {
  if output=$(sh "$script" --check "$tree" 2>&1); then
    fail "nothing was found, expected: $1"
  else
    case $output in
      *"$1"*) ;;
      *) fail "expected: $1; got: $output" ;;
    esac
  fi
}
