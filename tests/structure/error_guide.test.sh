#!/bin/sh
# SPDX-License-Identifier: MIT
# error_guide.test.sh SCRIPT: plants differences between the guide to errors and the code and expects SCRIPT to find them.
set -u
script=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/include/castore/core" "$tree/tests/build_failure" "$tree/docs/guides"
guide=$tree/docs/guides/errors.md
header=$tree/include/castore/core/errors.hpp
case_file=$tree/tests/build_failure/no_type.cpp
# shellcheck source=tests/structure/faults.sh
. "$(dirname "$0")/faults.sh"

printf '%s\n' '/// What events have in common.' 'class EventError : public Error {' \
  '  const std::string& id() const noexcept { return id_; }' '};' \
  '/// @brief It is lost.' '/// **Handling:** report.' 'class CASTORE_DETAIL_THROWN LostError : public detail::EventError {' \
  '  bool retryable() const noexcept { return true; }' '};' \
  'static_assert(ok, "castore: no type; "' '              "write \"type\" in it");' >"$header"
printf '%s\n' '// expected: castore: no type' '// expected: Thing' 'struct Thing {' '#ifdef OFFEND' '  int typ;' '#else' '  int type;' \
  '#endif' '};' >"$case_file"
printf '%s\n' '# Errors' '<!-- errors: core -->' '<!-- /errors -->' '<!-- build failures: no_* -->' \
  '<!-- /build failures -->' 'The end' >"$guide"
cp "$header" "$tree/header"
cp "$case_file" "$tree/case"

finds '+ ### LostError'
sh "$script" "$tree" >/dev/null || fail "the guide was not written"
sh "$script" --check "$tree" || fail "the written guide was refused"
# shellcheck disable=SC2016  # the backticks are Markdown's
grep -qx 'Fields: `id()`, `retryable()`\.' "$guide" || fail "the fields are wrong"
grep -qx 'castore: no type; write "type" in it' "$guide" || fail "the message is not whole"
grep -qx 'int typ;' "$guide" || fail "the wrong line is not shown"
grep -qx 'The end' "$guide" || fail "what stands behind is lost"

sed -i 's/It is lost/It is gone/' "$header"
finds '+ It is gone.'
cp "$tree/header" "$header"
sed -i 's/write/put/' "$header"
finds '+ castore: no type; put'
sed -i 's/no type/nothing/' "$header"
finds 'expects what no header says: castore: no type'
cp "$tree/header" "$header"
sed -i 's/int type/bool type/' "$case_file"
finds '+ bool type;'
cp "$tree/case" "$case_file"

cp "$case_file" "$tree/tests/build_failure/another.cpp"
finds 'lacks the wrong program tests/build_failure/another.cpp'
rm "$tree/tests/build_failure/another.cpp"
sed -i 's/errors: core/errors: adapters/' "$guide"
finds 'lacks the error LostError'
sed -i 's/errors: adapters/errors: core/; s/no_\*/no_type no_\*/' "$guide"
finds 'no_type.cpp is in the guide twice'

exit "$((failures != 0))"
