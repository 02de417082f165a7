#!/bin/sh
# SPDX-License-Identifier: MIT
# server.sh prepare|start|stop DIRECTORY: the server of server/server.mjs, with everything it needs of npm below DIRECTORY,
# where the file address says where it listens. `prepare` gets what it needs, if it is not there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
command=$1
mkdir -p "$2"
directory=$(cd "$2" && pwd)

stop() {
  if [ -f "$directory/pid" ]; then
    pid=$(cat "$directory/pid")
    # The number may belong to another process by now.
    if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$directory/address"; then
      kill "$pid"
      tries=0
      while kill -0 "$pid" 2>/dev/null && [ $tries -lt 50 ]; do
        sleep 0.1
        tries=$((tries + 1))
      done
      kill -9 "$pid" 2>/dev/null || true
    fi
  fi
  rm -f "$directory/pid" "$directory/address"
}

prepare() {
  # shellcheck source=scripts/lib/packages.sh
  . "$here/../../scripts/lib/packages.sh"
  require_node
  cp "$here"/server/*.mjs "$here/server/package.json" "$here/../dynamodb/server/signatures.js" "$directory"
  if ! cmp -s "$here/server/package-lock.json" "$directory/installed.json"; then
    cp "$here/server/package-lock.json" "$directory"
    (cd "$directory" && npm ci --no-audit --no-fund --ignore-scripts --omit=optional --prefer-offline)
    cp "$here/server/package-lock.json" "$directory/installed.json"
  fi
  # fauxqs refuses what is beyond U+FFFF, which SQS takes.
  types="$directory/node_modules/fauxqs/dist/sqs/sqsTypes.js"
  sed -i 's#\\uE000-\\uFFFD\]/;#\\uE000-\\uFFFD\\u{10000}-\\u{10FFFF}]/u;#' "$types"
  if ! grep -q 'INVALID_MESSAGE_BODY_CHAR = .*u{10FFFF}\]/u;' "$types"; then
    echo "the characters in $types are not those that are known" >&2
    exit 1
  fi
}

start() {
  stop
  prepare
  node "$directory/server.mjs" "$directory/address" >"$directory/log" 2>&1 </dev/null &
  echo $! >"$directory/pid"
  tries=0
  while [ ! -f "$directory/address" ]; do
    if [ $tries -gt 300 ] || ! kill -0 "$(cat "$directory/pid")" 2>/dev/null; then
      echo "the SQS test server does not start:" >&2
      cat "$directory/log" >&2
      exit 1
    fi
    sleep 0.1
    tries=$((tries + 1))
  done
}

case $command in
  prepare | start | stop) "$command" ;;
  *)
    echo "usage: server.sh prepare|start|stop DIRECTORY" >&2
    exit 2
    ;;
esac
