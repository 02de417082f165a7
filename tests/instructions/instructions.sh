#!/bin/sh
# SPDX-License-Identifier: MIT
# instructions.sh PROGRAM RECORD [--update]: counts the instructions of one operation of each case of PROGRAM by
# valgrind. Fails when one needs over 5 % more than RECORD says; with --update, records the counts. A case
# NAME_with_old_forms may need 1 % more than NAME: upcasts and former types cost nothing where no old event is. The same
# holds for NAME_with_no_observer: a store to which `NoObserver` was added costs what the store does.
set -eu
program=$1 record=$2 update=${3:-}
# The same string functions of the C library on every processor.
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM
command -v valgrind >/dev/null || {
  echo "valgrind is missing; install the package valgrind" >&2
  exit 1
}
new=$(mktemp) log=$(mktemp)
trap 'rm -f "$new" "$log"' EXIT

"$program" | while read -r name operations; do
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='measured(*' "$program" "$name" 2>"$log" || {
    cat "$log" >&2
    exit 1
  }
  echo "$name $(($(sed -n 's/.*Collected : //p' "$log") / operations))" >>"$new"
done

if [ "$update" = --update ]; then
  cp "$new" "$record"
  exit
fi
awk '
  NR == FNR { recorded[$1] = $2; next }
  { counted[$1] = $2 }
  !($1 in recorded) { printf "%-24s %10d  not recorded\n", $1, $2; faults = 1; next }
  {
    change = 100 * ($2 / recorded[$1] - 1)
    slower = change > 5
    printf "%-24s %10d  %+6.1f %%%s\n", $1, $2, change, slower ? "  more than 5 %" : (change < -5 ? "  better: record it" : "")
    faults = faults || slower
    delete recorded[$1]
  }
  END {
    for (name in counted) {
      plain = name
      if (!sub(/_with_(old_forms|no_observer)$/, "", plain) || counted[name] <= 1.01 * counted[plain]) continue
      printf "%-24s needs %d, over 1 %% more than %s\n", name, counted[name], plain
      faults = 1
    }
    for (name in recorded) { printf "%-24s is not counted any more\n", name; faults = 1 }
    if (faults) print "instructions of one operation, beside the record; if the change is meant, record it: instructions.sh ... --update"
    exit faults
  }
' "$record" "$new"
