#!/bin/sh
# SPDX-License-Identifier: MIT
# server.sh prepare|start|stop DIRECTORY: the server of server/server.js, with everything it needs of npm below DIRECTORY,
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
  cp "$here"/server/*.js "$here/server/package.json" "$directory"
  if ! cmp -s "$here/server/package-lock.json" "$directory/installed.json"; then
    cp "$here/server/package-lock.json" "$directory"
    (cd "$directory" && npm ci --no-audit --no-fund --ignore-scripts --omit=optional --prefer-offline)
    cp "$here/server/package-lock.json" "$directory/installed.json"
  fi
  # dynalite tells entries of an index whose keys are equal apart by 24 bits of a hash: of 10,000 it loses some.
  db="$directory/node_modules/dynalite/db/index.js"
  sed -i "s/\.digest('hex')\.slice(0, 6)/.digest('hex')/" "$db"
  if ! grep -qF "update(rangeKey).digest('hex')" "$db" || grep -qF "digest('hex').slice" "$db"; then
    echo "the hash in $db is not the one that is known" >&2
    exit 1
  fi
}

start() {
  stop
  prepare
  node "$directory/server.js" "$directory/address" >"$directory/log" 2>&1 </dev/null &
  echo $! >"$directory/pid"
  tries=0
  while [ ! -f "$directory/address" ]; do
    if [ $tries -gt 300 ] || ! kill -0 "$(cat "$directory/pid")" 2>/dev/null; then
      echo "the DynamoDB test server does not start:" >&2
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
