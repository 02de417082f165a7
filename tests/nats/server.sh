#!/bin/sh
# SPDX-License-Identifier: MIT
# server.sh prepare|start|stop DIRECTORY: a NATS server with JetStream on a free port of the loopback, which keeps its data
# below DIRECTORY, where the file address says where it listens.
set -eu
command=$1
mkdir -p "$2"
directory=$(cd "$2" && pwd)
PATH=$PATH:/usr/sbin

stop() {
  if [ -f "$directory/pid" ]; then
    pid=$(cat "$directory/pid")
    # The number may belong to another process by now.
    if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$directory/data"; then
      kill "$pid"
      tries=0
      while kill -0 "$pid" 2>/dev/null && [ $tries -lt 50 ]; do
        sleep 0.1
        tries=$((tries + 1))
      done
      kill -9 "$pid" 2>/dev/null || true
    fi
  fi
  rm -rf "$directory/pid" "$directory/address" "$directory/data"
}

prepare() {
  if ! command -v nats-server >/dev/null 2>&1; then
    echo "the tests of NATS need nats-server (on Debian: apt install nats-server)" >&2
    exit 1
  fi
}

start() {
  stop
  prepare
  mkdir -p "$directory/data"
  nats-server --addr 127.0.0.1 --port -1 --jetstream --store_dir "$directory/data" --ports_file_dir "$directory/data" \
    >"$directory/log" 2>&1 </dev/null &
  pid=$!
  echo $pid >"$directory/pid"
  tries=0
  while [ ! -s "$directory/data/nats-server_$pid.ports" ]; do
    if [ $tries -gt 300 ] || ! kill -0 $pid 2>/dev/null; then
      echo "the NATS server does not start:" >&2
      cat "$directory/log" >&2
      exit 1
    fi
    sleep 0.1
    tries=$((tries + 1))
  done
  sed -n 's/.*\(nats:\/\/[0-9.:]*\).*/\1/p' "$directory/data/nats-server_$pid.ports" >"$directory/address"
}

case $command in
  prepare | start | stop) "$command" ;;
  *)
    echo "usage: server.sh prepare|start|stop DIRECTORY" >&2
    exit 2
    ;;
esac
