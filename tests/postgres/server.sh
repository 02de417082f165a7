#!/bin/sh
# SPDX-License-Identifier: MIT
# server.sh prepare|start|stop|start-cluster|restart-cluster DIRECTORY: a PostgreSQL cluster of its own below DIRECTORY,
# and with `start` also Castore for Node.js, in DIRECTORY/node. DIRECTORY/connection says where the cluster listens.
# `prepare` gets Castore for Node.js, if it is not there.
# `restart-cluster` starts it again as it was, also after its processes were killed; all else begins with a new one.
# DIRECTORY/data_directory says where its files are. A cluster in DIRECTORY/own, which is a test's, ends with it.
set -eu
verb=${1:-} directory=${2:-}
case $verb in prepare | start | stop | start-cluster | restart-cluster) ;; *) directory= ;; esac
if [ -z "$directory" ]; then
  echo "usage: server.sh prepare|start|stop|start-cluster|restart-cluster DIRECTORY" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
# Debian keeps the programs of its newest PostgreSQL here; elsewhere they are on the path.
newest=$(find /usr/lib/postgresql -maxdepth 1 -name '[0-9]*' 2>/dev/null | sort -t/ -k5n | tail -n 1)
[ -z "$newest" ] || PATH=$newest/bin:$PATH

# PostgreSQL refuses to run as root, and its user may not be able to reach DIRECTORY.
data=$directory/data
if [ "$(id -u)" -eq 0 ]; then
  user=nobody
  as_user() { (cd / && setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"); }
  as_user test -x "$directory" || data=/tmp/castore-postgres-$(printf %s "$directory" | cksum | cut -d' ' -f1)
else
  as_user() { "$@"; }
fi

stop() {
  [ ! -d "$directory/own" ] || sh "$here/server.sh" stop "$directory/own"
  [ ! -f "$data/postmaster.pid" ] || as_user pg_ctl -D "$data" -m immediate -w -t 30 stop >/dev/null 2>&1 || true
}

run_cluster() {
  # Processes that outlived their killed server hold its memory for a moment.
  for _ in $(seq 100); do
    ! as_user pg_ctl -D "$data" -w -t 60 -l "$data/server.log" -o "-p $1" start >/dev/null 2>&1 || return 0
    ! grep -q 'Address already in use' "$data/server.log" || return 1
    sleep 0.1
  done
  return 1
}

start_cluster() {
  stop
  rm -rf "$data"
  mkdir -p "$data"
  echo "$data" >"$directory/data_directory"
  [ "$(id -u)" -ne 0 ] || chown "$user" "$data"
  # Texts are not ordered by their bytes by default, as in most databases.
  as_user initdb -D "$data" -U postgres --auth=trust --no-sync -E UTF8 --locale=C --locale-provider=icu \
    --icu-locale=en-US >/dev/null
  as_user openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost \
    -keyout "$data/server.key" -out "$data/server.crt" 2>/dev/null
  as_user sh -c 'cat >>"$0/postgresql.conf"' "$data" <<CONFIGURATION
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
ssl = on
fsync = off
full_page_writes = off
shared_buffers = 16MB
max_connections = 150
max_prepared_transactions = 10
CONFIGURATION
  as_user sh -c 'printf "%s\n" "host all locked 127.0.0.1/32 scram-sha-256" "host all all 127.0.0.1/32 trust" \
    >"$0/pg_hba.conf"' "$data"
  for try in 1 2 3 4 5 6 7 8 9 10; do
    port=$(awk -v seed="$$$try" 'BEGIN { srand(seed); print 20000 + int(rand() * 40000) }')
    if run_cluster "$port"; then
      echo "postgresql://postgres@127.0.0.1:$port/postgres" >"$directory/connection"
      return 0
    fi
    rm -f "$data/server.log"
  done
  echo "server.sh: PostgreSQL did not start" >&2
  exit 1
}

prepare() {
  # shellcheck source=scripts/lib/packages.sh
  . "$here/../../scripts/lib/packages.sh"
  require_node
  mkdir -p "$directory/node"
  cp "$here/interop/package.json" "$here/interop/castore.mjs" "$directory/node"
  if ! cmp -s "$here/interop/package-lock.json" "$directory/installed.json"; then
    cp "$here/interop/package-lock.json" "$directory/node"
    (cd "$directory/node" && npm ci --no-audit --no-fund --ignore-scripts --prefer-offline --loglevel=error)
    cp "$here/interop/package-lock.json" "$directory/installed.json"
  fi
}

case $verb in
  prepare)
    prepare
    ;;
  start-cluster)
    start_cluster
    ;;
  restart-cluster)
    run_cluster "$(sed 's/.*:\([0-9]*\).*/\1/' "$directory/connection")" || {
      cat "$data/server.log" >&2
      exit 1
    }
    ;;
  stop)
    stop
    rm -rf "$data"
    ;;
  start)
    start_cluster
    prepare
    ;;
esac
