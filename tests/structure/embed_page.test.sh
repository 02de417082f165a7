#!/bin/sh
# SPDX-License-Identifier: MIT
# embed_page.test.sh SCRIPT: changes a page, and expects SCRIPT to find that, and to write what compiles to its text.
set -eu
script=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
page=$tree/tools/castore/page
mkdir -p "$page" "$tree/include/castore/http"
printf '<p>"a\\b" ???=</p>\n\nend' >"$page/index.html"
printf 'p {}\n' >"$page/style.css"

! "$script" --check "$tree" >/dev/null || { echo "a missing header was not found" >&2; exit 1; }
"$script" "$tree"
"$script" --check "$tree"
grep -qF '"<p>\"a\\b\" \?\?\?=</p>\n"' "$tree/include/castore/http/page_files.hpp"
grep -qF '{"/", "text/html; charset=utf-8", detail::page_index_html}' "$tree/include/castore/http/page_files.hpp"
grep -qF '{"/page/style.css", "text/css; charset=utf-8", detail::page_style_css}' "$tree/include/castore/http/page_files.hpp"
echo '/* more */' >>"$page/style.css"
found=$("$script" --check "$tree") && { echo "a change was not found" >&2; exit 1; }
case $found in
  *"run scripts/embed_page") ;;
  *) echo "said: $found" >&2; exit 1 ;;
esac
