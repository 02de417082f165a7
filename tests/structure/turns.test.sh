#!/bin/sh
# SPDX-License-Identifier: MIT
# turns.test.sh TREE: looks for the turns of turns.txt in the tree's pages, comments and messages, and first sees that it
# finds each in a text made for that.
set -u
tree=$1
turns=$(cd "$(dirname "$0")" && pwd)/turns.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# look FILE... : says where a turn is, and fails when there is one.
look() {
  perl -e '
    open my $list, "<", shift or die "turns: $!\n";
    my @turns = map { chomp; my ($turn, $advice) = split /\t/; [qr/$turn/, $advice] } grep { !/^#/ && /\S/ } <$list>;
    my $found = 0;
    for my $file (@ARGV) {
      open my $text, "<", $file or die "turns: $file: $!\n";
      while (my $line = <$text>) {
        for (@turns) {
          my ($turn, $advice) = @$_;
          next unless $line =~ /($turn)/;
          print "$file:$.: \"$1\": write: $advice\n";
          $found = 1;
        }
      }
    }
    exit $found;' "$turns" "$@"
}

failures=0
while IFS= read -r wrong; do
  echo "$wrong" >"$work/page.md"
  if look "$work/page.md" >/dev/null; then
    echo "FAILED: nothing was found in: $wrong"
    failures=1
  fi
done <<'WRONG'
This is no mistake.
Those are no tokens of the other.
It waits for ever.
/// Who finds nobody writing writes.
Build it anew.
It lies beside the file.
It is applied all the same.
They wait in vain.
Say what it holds of an event.
Groups are pushed as one thing.
WRONG

while IFS= read -r right; do
  echo "$right" >"$work/page.md"
  look "$work/page.md" || failures=1
done <<'RIGHT'
There is no aggregate, and there are no events.
It is no longer so, and there is nothing besides.
| Who changed it? |
for every law
RIGHT

# The page of figures is made by a program.
cd "$tree" || exit 1
find README.md CONTRIBUTING.md CHANGELOG.md SECURITY.md docs include examples scripts cmake -type f \
  ! -name performance.md ! -name '*.json' ! -name '*.svg' ! -path '*/__pycache__/*' >"$work/files"
# shellcheck disable=SC2046
look $(cat "$work/files") || failures=1
exit $failures
