#!/bin/sh
# SPDX-License-Identifier: MIT
# server.sh prepare|start|stop|kill|restart|ctl DIRECTORY [ARGUMENT...]: a RabbitMQ node of its own below DIRECTORY, with
# its own name, its own epmd, and on loopback only; DIRECTORY/url and DIRECTORY/tls_url say where it listens, and
# DIRECTORY/node has the certificates. `kill` ends it as a crash would, `restart` starts it again with the same data and
# ports, `ctl` is its rabbitmqctl.
set -eu
verb=${1:-} directory=${2:-}
case $verb in prepare | start | stop | kill | restart | ctl) ;; *) directory= ;; esac
if [ -z "$directory" ]; then
  echo "usage: server.sh prepare|start|stop|kill|restart|ctl DIRECTORY [ARGUMENT...]" >&2
  exit 2
fi
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
data=$directory/node

# Debian's own rabbitmq-server changes the user; the programs below it do not.
programs=$(find /usr/lib/rabbitmq/lib -maxdepth 2 -name sbin 2>/dev/null | sort | tail -n 1)
[ -z "$programs" ] || PATH=$programs:$PATH

environment() {
  read -r port distribution epmd <"$directory/ports"
  export HOME="$data" RABBITMQ_CONF_ENV_FILE="$data/no_environment" RABBITMQ_BASE="$data"
  export RABBITMQ_NODENAME="castore$port@localhost" RABBITMQ_MNESIA_BASE="$data/mnesia" RABBITMQ_LOG_BASE="$data/log"
  export RABBITMQ_CONFIG_FILE="$data/rabbitmq.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$data/enabled_plugins"
  export RABBITMQ_ADVANCED_CONFIG_FILE="$data/no_advanced.config" RABBITMQ_PID_FILE="$data/pid"
  export RABBITMQ_DIST_PORT="$distribution" ERL_EPMD_PORT="$epmd" ERL_EPMD_ADDRESS=127.0.0.1
  export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
  export ERL_CRASH_DUMP=/dev/null RABBITMQ_CTL_ERL_ARGS="+sbwt none" LC_ALL=C.UTF-8
}

# All processes of the node, which are a group of their own, and its epmd, which outlives it.
end_processes() {
  [ -f "$directory/group" ] || return 0
  environment
  group=$(cat "$directory/group")
  # The number may belong to others by now.
  if { tr '\0' '\n' <"/proc/$group/environ" | grep -qxF "HOME=$data"; } 2>/dev/null; then
    kill -9 "-$group" 2>/dev/null || true
    while kill -0 "-$group" 2>/dev/null; do sleep 0.05; done
  fi
  for _ in $(seq 20); do  # it refuses until it has noticed the end of the node
    ! epmd -port "$epmd" -names >/dev/null 2>&1 || epmd -port "$epmd" -kill >/dev/null 2>&1 || sleep 0.05
  done
  rm -f "$directory/group"
}

stop() {
  end_processes
  rm -rf "$data" "$directory/url" "$directory/tls_url" "$directory/ports"
}

# run_node: starts the node and waits until it takes connections.
run_node() {
  environment
  setsid rabbitmq-server >"$data/output" 2>&1 </dev/null &
  server=$!
  echo "$server" >"$directory/group"
  for _ in $(seq 1800); do
    ! grep -q 'Server startup complete' "$data"/log/*.log 2>/dev/null || return 0
    kill -0 "$server" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# certificate NAME SUBJECT: signed by an authority of its own.
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" -keyout "$data/$1.key" \
    -out "$data/$1.csr" 2>/dev/null
  printf 'subjectAltName=DNS:%s\n' "$2" >"$data/$1.ext"
  openssl x509 -req -in "$data/$1.csr" -CA "$data/authority.crt" -CAkey "$data/authority.key" -CAcreateserial -days 30 \
    -extfile "$data/$1.ext" -out "$data/$1.crt" 2>/dev/null
}

start() {
  stop
  for try in 1 2 3 4 5; do
    mkdir -p "$data/log"
    first=$(awk -v seed="$$$try" 'BEGIN { srand(seed); print 20000 + int(rand() * 10000) }')
    echo "$first $((first + 10000)) $((first + 20000))" >"$directory/ports"
    echo "castore$$" >"$data/.erlang.cookie"
    chmod 400 "$data/.erlang.cookie"
    echo '[rabbitmq_consistent_hash_exchange].' >"$data/enabled_plugins"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=authority \
      -keyout "$data/authority.key" -out "$data/authority.crt" 2>/dev/null
    certificate server localhost
    certificate client castore
    cat >"$data/rabbitmq.conf" <<CONFIGURATION
listeners.tcp.1 = 127.0.0.1:$first
log.file.level = info
listeners.ssl.1 = 127.0.0.1:$((first + 30000))
ssl_options.cacertfile = $data/authority.crt
ssl_options.certfile = $data/server.crt
ssl_options.keyfile = $data/server.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = false
max_message_size = 300000
disk_free_limit.absolute = 10MB
default_user = castore
default_pass = secret
CONFIGURATION
    if run_node; then
      echo "amqp://castore:secret@127.0.0.1:$first" >"$directory/url"
      echo "amqps://castore:secret@localhost:$((first + 30000))" >"$directory/tls_url"
      return 0
    fi
    cp "$data/output" "$directory/failed" 2>/dev/null || true
    stop
  done
  echo "server.sh: RabbitMQ does not start:" >&2
  cat "$directory/failed" >&2
  exit 1
}

case $verb in
  prepare) ;;
  start) start ;;
  stop) stop ;;
  kill) end_processes ;;
  restart)
    end_processes
    rm -f "$data"/log/*.log
    run_node || {
      cat "$data/output" >&2
      exit 1
    }
    ;;
  ctl)
    shift 2
    environment
    exec rabbitmqctl "$@"
    ;;
esac
