#!/bin/sh
# SPDX-License-Identifier: MIT
# server.sh prepare|start|stop DIRECTORY: a PostgreSQL cluster and a DynamoDB server of the tests of the adapters, both
# below DIRECTORY, where the files connection and address say where they listen.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case ${1:-} in
  prepare)
    sh "$here/../dynamodb/server.sh" prepare "$2"
    ;;
  start)
    sh "$here/../postgres/server.sh" start-cluster "$2"
    sh "$here/../dynamodb/server.sh" start "$2"
    ;;
  stop)
    sh "$here/../dynamodb/server.sh" stop "$2"
    sh "$here/../postgres/server.sh" stop "$2"
    ;;
  *)
    echo "usage: server.sh prepare|start|stop DIRECTORY" >&2
    exit 2
    ;;
esac
