#!/bin/sh
# SPDX-License-Identifier: MIT
# tutorial.test.sh ROOT: every step of the tutorial has a program, short, and a page that says how to run it; every link
# leads somewhere; and the first step can be followed in a fresh copy of the tree.
set -eu
cd "$1"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
failures=0
fail() {
  echo "$*"
  failures=$((failures + 1))
}

for program in examples/tutorial/[0-9][0-9]_*.cpp; do
  name=$(basename "$program" .cpp)
  page=docs/tutorial/$name.md
  [ "$(wc -l <"$program")" -le 80 ] || fail "$program has more than 80 lines"
  if [ ! -f "$page" ]; then
    fail "$program has no page $page"
    continue
  fi
  grep -qF "\`examples/tutorial/run $name\`" "$page" || fail "$page does not say how to run $name"
  grep -qF "<!-- cut: examples/tutorial/$name.expected -->" "$page" || fail "$page does not show what $name prints"
  grep -qF "($name.md)" docs/tutorial/index.md || fail "docs/tutorial/index.md does not lead to $page"
done

for page in docs/tutorial/*.md; do
  # shellcheck disable=SC2013  # our links have no spaces
  for link in $(awk '/^```/ { code = !code } !code' "$page" | grep -o '](\([^)#]*\)' | sed 's/^](//'); do
    [ -e "docs/tutorial/$link" ] || fail "$page leads to $link, which does not exist"
  done
done

cp -R CMakeLists.txt cmake include examples scripts "$copy"
if ! "$copy/examples/tutorial/run" 01_events >"$copy/output" 2>"$copy/log"; then
  cat "$copy/log"
  fail "01_events does not build and run in a fresh copy"
else
  diff -u examples/tutorial/01_events.expected "$copy/output" || fail "01_events prints something else in a fresh copy"
fi

status=0
"$copy/examples/tutorial/run" 12_nothing 2>"$copy/log" || status=$?
[ "$status" -eq 2 ] || fail "an unknown program is no error of usage"
grep -q '^  01_events$' "$copy/log" || fail "an unknown program does not lead to those that exist"

[ "$failures" -eq 0 ] || exit 1
echo "the tutorial can be followed"
