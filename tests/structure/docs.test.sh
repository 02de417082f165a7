#!/bin/sh
# SPDX-License-Identifier: MIT
# docs.test.sh LIB: plants one fault after the other in small pages and expects LIB/docs_pages.py or LIB/docs_check.py,
# the two checks of scripts/docs, to name it.
set -u
lib=$(CDPATH='' cd -- "$1" && pwd -P)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0
fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# --- pages to be copied: README.md links to a page, a file and a folder ----------------------------------------------
mkdir -p "$tree/repository/docs/theme" "$tree/repository/docs/guides" "$tree/repository/examples"
cd "$tree/repository" || exit 1
echo 'site_name: Test' >docs/mkdocs.yml
printf '# A guide\n\n[home](../../README.md#title) [code](../../examples/a.cpp) [all](../../examples)\n' >docs/guides/a.md
echo 'int main() {}' >examples/a.cpp
mkdir -p "$tree/out"
cat >"$tree/out/tags.xml" <<'END'
<tagfile><compound kind="class"><name>castore::EventStore</name><filename>store.html</filename></compound></tagfile>
END

# pages LINE... : copies the pages with these lines in the README.
pages() {
  printf '%s\n' '# Title' '' "$@" >README.md
  rm -rf "$tree/out/pages"
  python3 "$lib/docs_pages.py" "$tree/out" 2>&1
}

if ! output=$(pages 'An `EventStore` of [a guide](docs/guides/a.md).'); then fail "good pages were refused: $output"; fi
grep -qF '[`EventStore`](../reference/store.html)' "$tree/out/pages/docs/readme.md" || fail 'a name is no link to its reference'
grep -qF '[code](../../examples/a.cpp.md)' "$tree/out/pages/docs/guides/a.md" || fail 'a file does not become a page'
grep -qF 'int main() {}' "$tree/out/pages/examples/a.cpp.md" || fail 'the page of a file does not show it'
grep -qF '[a.cpp](a.cpp.md)' "$tree/out/pages/examples/index.md" || fail 'the page of a folder does not list its files'
printf '# Guides\n\n[z](z.md) [a](a.md)\n' >docs/guides/index.md
printf '# Last by name\n' | tee docs/guides/z.md >docs/guides/zz.md
pages 'Nothing.'
order=$(sed -n 's|.*- docs/guides/\(.*\)\.md|\1|p' "$tree/out/mkdocs.yml" | tr '\n' ' ')
[ "$order" = 'index z a zz ' ] || fail "pages are not in the order of their index: $order"
printf '<svg><style>a { b: c }\n    @media (prefers-color-scheme: dark) {\n      a { b: d }\n    }\n</style></svg>\n' >docs/a.svg
pages '![a drawing](docs/a.svg)' '' '```text' 'operation   castore   by hand   ratio (min .. max)' \
  'push <x>    30 ns     20 ns     1.50  (1.00 .. 2.00)' '```'
grep -qF '![a drawing](a.light.svg#only-light)![a drawing](a.dark.svg#only-dark)' "$tree/out/pages/docs/readme.md" ||
  fail 'a drawing does not follow the look of the site'
grep -q 'b: d' "$tree/out/pages/docs/a.dark.svg" && ! grep -q 'media\|b: d' "$tree/out/pages/docs/a.light.svg" ||
  fail 'the light or the dark drawing is wrong'
grep -qF '<tr><td>push &lt;x&gt;</td><td>30 ns</td><td>20 ns</td><td>1.50 (1.00 .. 2.00)</td><td><svg' \
  "$tree/out/pages/docs/readme.md" || fail 'figures are not a table'
if output=$(pages '[lost](docs/guides/b.md)'); then fail 'a link to no file was accepted'; fi
case $output in
  *'README.md:3: there is no docs/guides/b.md'*) ;;
  *) fail "expected: there is no docs/guides/b.md; got: $output" ;;
esac

# --- a built site -----------------------------------------------------------------------------------------------------
# site HTML : makes a site of two pages, with this in the first.
site() {
  mkdir -p "$tree/site/sub"
  printf '<html><body>%s</body></html>\n' "$1" >"$tree/site/index.html"
  printf '<html><body><h1 id="top">Sub</h1><a href="../index.html">up</a></body></html>\n' >"$tree/site/sub/index.html"
}
# refuses WORDS HTML : expects a fault with these words.
refuses() {
  site "$2"
  if output=$(python3 "$lib/docs_check.py" "$tree/site" 2>&1); then fail "$2 was accepted"; fi
  case $output in
    *"index.html: $1"*) ;;
    *) fail "expected: $1; got: $output" ;;
  esac
}

site '<a href="sub/index.html#top">a</a> <a href="/sub/">b</a> <a href="https://example.com/">c</a> <img src="data:,">'
if ! output=$(python3 "$lib/docs_check.py" "$tree/site" 2>&1); then fail "a good site was refused: $output"; fi
refuses 'lost.html leads to no file' '<a href="lost.html">a</a>'
refuses 'sub/index.html#lost leads to no place' '<a href="sub/index.html#lost">a</a>'
refuses 'lost.svg leads to no file' '<img src="lost.svg">'
refuses 'loads https://example.com/a.js' '<script src="https://example.com/a.js"></script>'
refuses 'loads //example.com/a.css' '<link rel="stylesheet" href="//example.com/a.css">'
refuses 'loads http://example.com/a.png' '<p><img src="http://example.com/a.png"></p>'

[ "$failures" -eq 0 ] || exit 1
echo "every planted fault was found"
