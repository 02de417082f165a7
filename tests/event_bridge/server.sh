#!/bin/sh
# SPDX-License-Identifier: MIT
# server.sh prepare|start|stop DIRECTORY: the server of Amazon SQS's tests, which has an EventBridge as well.
exec sh "$(dirname "$0")/../sqs/server.sh" "$@"
