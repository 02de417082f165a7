#!/bin/sh
# SPDX-License-Identifier: MIT
# shop.test.sh SCRIPT PROGRAMS: scripts/shop fails when the programs do not agree, here as stock has counted wrongly.
set -eu
script=$1 programs=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/programs" "$place/files"
ln -s "$programs/shop_orders_sqlite" "$place/programs"
cat >"$place/programs/shop_stock_sqlite" <<PROGRAM
#!/bin/sh
[ "\$3" != wanted ] || exec echo "apple 1"
exec "$programs/shop_stock_sqlite" "\$@"
PROGRAM
chmod +x "$place/programs/shop_stock_sqlite"
code=0
TMPDIR=$place/files SHOP_PROGRAMS=$place/programs SHOP_KILLS=0 SHOP_ORDERS=3 sh "$script" sqlite >"$place/output" 2>&1 || code=$?
if [ $code -ne 1 ] || ! grep -q '^  NO     customers wanted' "$place/output" || [ "$(grep -c '^  NO ' "$place/output")" -ne 1 ]; then
  echo "exit code $code, and not 1 with one NO:" >&2
  cat "$place/output" >&2
  exit 1
fi
