#!/bin/sh
# SPDX-License-Identifier: MIT
# wine.sh PROGRAM ARGUMENT... : runs a program for Windows by Wine, whose drive C: is in the folder that
# scripts/lib/cross_prefix.sh has made.
set -eu
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
export WINEPREFIX="$here/../../../build/windows/wine" WINEDEBUG=-all DISPLAY=
wine=/usr/lib/wine/wine64  # where Debian has it
[ -x "$wine" ] || wine=wine64
exec "$wine" "$@"
