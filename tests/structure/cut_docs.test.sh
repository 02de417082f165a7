#!/bin/sh
# SPDX-License-Identifier: MIT
# cut_docs.test.sh SCRIPT: plants differences between documents and code and expects SCRIPT to find and to mend them.
set -u
script=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/examples" "$tree/docs/guides"
# shellcheck source=tests/structure/faults.sh
. "$(dirname "$0")/faults.sh"

printf '%s\n' '// SPDX-License-Identifier: MIT' 'int main() {' '  // [body]' '  if (true) {' '' '    return 0;' '  }' \
  '  // [/body]' '}' >"$tree/examples/a.cpp"
printf '%s\n' '# SPDX-License-Identifier: MIT' '# [use]' 'find_package(castore)' '# [/use]' >"$tree/examples/b.cmake"
printf '%s\n' '-- SPDX-License-Identifier: MIT' 'SELECT 1;' '-- [more]' 'SELECT 2;' '-- [/more]' >"$tree/examples/c.sql"
printf '%s\n' '// SPDX-License-Identifier: MIT' '#include <castore/a.hpp>' '#include <vector>' '' '#include "b"' '// [one]' 'int c;' '// [/one]' \
  >"$tree/examples/d.hpp"
mkdir -p "$tree/tests"
cp "$tree/examples/d.hpp" "$tree/tests/d.cpp"
good_guide() {
  printf '%s\n' 'Text' '<!-- cut: examples/a.cpp#body -->' '```cpp' 'if (true) {' '' '  return 0;' '}' '```' 'More' \
    '<!-- cut: examples/b.cmake#use -->' '' '```cmake' 'find_package(castore)' '```' '<!-- cut: examples/c.sql -->' '```sql' 'SELECT 1;' 'SELECT 2;' '```' \
    '<!-- cut: examples/c.sql#more -->' '```sql' 'SELECT 2;' '```' \
    '<!-- cut: examples/d.hpp#one -->' '```cpp' '#include <castore/a.hpp>' '#include "b"' '' 'int c;' '```' \
    '<!-- cut: examples/d.hpp#one -->' '```cpp' 'int c;' '```' \
    '<!-- cut: tests/d.cpp#one -->' '```cpp' '#include <castore/a.hpp>' '' 'int c;' '```' >"$tree/docs/guides/g.md"
}
good_guide
printf '%s\n' '# Title' '<!-- cut: examples/a.cpp -->' '```cpp' 'int main() {' '  if (true) {' '' '    return 0;' '  }' \
  '}' '```' '<!-- output: a -->' '```' 'done' '```' '```text' 'a -> b' '```' >"$tree/README.md"
cp "$tree/README.md" "$tree/README.good"

sh "$script" --check "$tree" || fail "a good tree was refused"

sed -i 's/return 0/return 1/' "$tree/README.md"
finds '-     return 1;'
finds '+     return 0;'
sed -i 's/return 0/return 2/' "$tree/docs/guides/g.md"
finds 'docs/guides/g.md differs'
sh "$script" "$tree" >"$tree/output" || fail "the difference was not mended"
cmp -s "$tree/README.md" "$tree/README.good" || fail "README.md was mended wrongly"
sh "$script" --check "$tree" || fail "the mended tree was refused"

sed -i 's/return 0/return 3/' "$tree/examples/a.cpp"
finds 'README.md differs'
finds 'docs/guides/g.md differs'
sed -i 's/return 3/return 0/' "$tree/examples/a.cpp"

# with WORDS LINE... : expects WORDS about a guide of these lines.
with() {
  words=$1
  shift
  printf '%s\n' "$@" >"$tree/docs/guides/g.md"
  finds "$words"
  good_guide
}
with 'docs/guides/g.md:2: this block is cut from nowhere' 'Text' '```cpp' 'int a;' '```'
with 'docs/guides/g.md:1: this block is cut from nowhere' '```sh' 'true' '```'
with 'docs/guides/g.md:1: this block is cut from nowhere' '```' 'true' '```'
with 'g.md:2: cannot read examples/none.cpp' '<!-- cut: examples/none.cpp -->' '```cpp' '```'
with 'g.md:2: examples/a.cpp has no lines between [none] and [/none]' '<!-- cut: examples/a.cpp#none -->' '```cpp' '```'
with 'g.md:3: the comment before this line wants a ``` block here' '<!-- cut: examples/a.cpp -->' '' 'Text'
with 'g.md:1: the last comment wants a ``` block' '<!-- cut: examples/a.cpp -->'
with 'g.md:2: this block has no end' '<!-- output: a -->' '```' 'done'
with 'g.md:2: write a block as ```' '- item' '  ```cpp' '  int a;' '  ```'
with 'g.md:1: write a block as ```' '~~~cpp' 'int a;' '~~~'
sed -i '/\[\/body\]/d' "$tree/examples/a.cpp"
finds 'examples/a.cpp lacks the end [/body]'

[ "$failures" -eq 0 ] || exit 1
echo "every planted difference was found"
