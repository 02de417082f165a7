#!/bin/sh
# SPDX-License-Identifier: MIT
# page.sh prepare DIRECTORY: gets what the tests need of npm. page.sh run DIRECTORY PROGRAM EXPLORER: the tests of the web
# page that the program castore serves, and the example explorer; what they saw is in DIRECTORY/screenshots. page.sh docs
# DIRECTORY: puts some of that into the guide.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
command=${1:-}
mkdir -p "$2"
directory=$(cd "$2" && pwd)
case $command in
  prepare)
    # shellcheck source=scripts/lib/packages.sh
    . "$here/../../scripts/lib/packages.sh"
    require_node
    if ! cmp -s "$here/package-lock.json" "$directory/installed.json"; then
      cp "$here/package.json" "$here/package-lock.json" "$directory"
      (cd "$directory" && npm ci --no-audit --no-fund --ignore-scripts --omit=optional --prefer-offline)
      cp "$here/package-lock.json" "$directory/installed.json"
    fi
    ;;
  run)
    cd "$directory"
    rm -rf screenshots work
    mkdir -p screenshots work
    # What the browser leaves behind goes with it.
    CASTORE_PROGRAM=$3 CASTORE_EXPLORER=$4 NODE_PATH="$directory/node_modules" TMPDIR="$directory/work" node --test "$here/page.test.js"
    rm -rf work
    ;;
  docs)
    guide=$here/../../docs/guides/web_page
    mkdir -p "$guide"
    while read -r from to; do
      python3 "$here/shrink_png.py" "$directory/screenshots/$from.png" "$guide/$to.png"
    done <<END
aggregate-1440-light aggregate
stores-1440-light stores
simulated-1440-light commands
state-390-dark phone
END
    ;;
  *)
    echo "usage: page.sh prepare|run|docs DIRECTORY [PROGRAM EXPLORER]" >&2
    exit 2
    ;;
esac
