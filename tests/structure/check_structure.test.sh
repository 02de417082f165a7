#!/bin/sh
# SPDX-License-Identifier: MIT
# check_structure.test.sh SCRIPT: plants one fault after the other in a small good tree and expects SCRIPT to name it.
set -u
script=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

spdx='// SPDX-License-Identifier: MIT'

# header PATH LINE... : writes include/PATH, or PATH itself outside of castore/, with a licence, a guard and these lines.
header() {
  path=$1
  shift
  case $path in
    castore/*) file=$tree/include/$path guard=$path ;;
    *) file=$tree/$path guard=castore/$path ;;
  esac
  guard=$(printf '%s' "$guard" | tr 'a-z/.' 'A-Z__')
  mkdir -p "${file%/*}"
  printf '%s\n' "$spdx" "#ifndef $guard" "#define $guard" "$@" '#endif' >"$file"
}

# text PATH LINE... : writes a file as it is.
text() {
  file=$tree/$1
  shift
  mkdir -p "${file%/*}"
  printf '%s\n' "$@" >"$file"
}

good_tree() {
  rm -rf "$tree"
  header castore/castore.hpp '#include <castore/json.hpp>' '#include <castore/adapters/in_memory.hpp>'
  header castore/fwd.hpp '#include <cstdint>'
  header castore/detail/text.hpp '#include <castore/fwd.hpp>' '#include <string>'
  header castore/config.hpp
  header castore/core/errors.hpp '#include <castore/config.hpp>' 'class CASTORE_DETAIL_THROWN GoodError : public Error {' '};'
  header castore/core/detail/push.hpp '#include <castore/detail/text.hpp>'
  header castore/core/event.hpp '#include <castore/core/detail/push.hpp>' '#include <castore/fwd.hpp>'
  header castore/json.hpp '#include <castore/core/event.hpp>' '#include <nlohmann/json.hpp>'
  header castore/adapters/in_memory.hpp '#include <castore/core/event.hpp>'
  header castore/aws/http.hpp '#include <castore/json.hpp>' '#include <curl/curl.h>'
  header castore/adapters/dynamodb.hpp '#include <castore/aws/http.hpp>'
  header castore/adapters/dynamodb/parse_image.hpp '#include <castore/messaging/message.hpp>'
  header castore/messaging/adapters/sqs.hpp '#include <castore/aws/http.hpp>'
  header castore/adapters/sqlite.hpp '#include <castore/adapters/sqlite/statement.hpp>' '#include <sqlite3.h>'
  header castore/adapters/sqlite/statement.hpp '#include <castore/core/event.hpp>'
  header castore/messaging/message.hpp '#include <castore/core/event.hpp>'
  header castore/maintenance/pour.hpp '#include <castore/messaging/message.hpp>'
  header castore/testing/mock.hpp '#include <castore/adapters/in_memory.hpp>' '#include <castore/messaging/message.hpp>'
  text tests/core/event.test.cpp "$spdx" '#include <castore/core/event.hpp>'
  text tests/detail/text.test.cpp "$spdx" '#include <castore/detail/text.hpp>'
  text tools/castore/main.cpp "$spdx" '#include <castore/detail/text.hpp>'
  text tests/core/detail/push.test.cpp "$spdx" '#include <castore/core/detail/push.hpp>'
  text CMakeLists.txt '# SPDX-License-Identifier: MIT'
}

# finds WORDS... : expects the script to fail and to print each of WORDS; then makes the tree good again.
finds() {
  if output=$(sh "$script" "$tree"); then
    echo "FAILED: nothing was found, expected: $*"
    failures=$((failures + 1))
  else
    for words in "$@"; do
      case $output in
        *"$words"*) ;;
        *) echo "FAILED: expected: $words" "got: $output" && failures=$((failures + 1)) ;;
      esac
    done
  fi
  good_tree
}

good_tree
if ! sh "$script" "$tree"; then
  echo "FAILED: the good tree was refused"
  exit 1
fi

header castore/core/bad.hpp '  KeptPayload(const Payload& payload_) : payload{payload_} {}' 'return Step{step};' \
  'return Value{std::move(value)};' ': reducer_{std::move(reducer)},' 'MetadataOf<Payload>{metadata}' \
  'Payload{}' 'payload{std::in_place}' 'payload(std::move(payload))' '// Value{value}' 'Value{value, 1}' 'MyValue{value}'
finds 'core/bad.hpp:4: may change a value of the program by copying it with braces; write parentheses' \
  'core/bad.hpp:5: may change' 'core/bad.hpp:6: may change' 'core/bad.hpp:7: may change' 'core/bad.hpp:8: may change' \
  '5 fault(s)'

header castore/detail/bad.hpp '#include <castore/core/event.hpp>'
finds 'include/castore/detail/bad.hpp:4: detail must not include core (<castore/core/event.hpp>)'

header castore/fwd.hpp '#include <string>' '#include <castore/core/event.hpp>'
finds 'include/castore/fwd.hpp:5: base must not include core'

header castore/core/bad.hpp '#include <castore/json.hpp>' '#  include  <castore/adapters/in_memory.hpp>' \
  '#include <castore/testing/mock.hpp>' '#include <castore/castore.hpp>'
finds 'include/castore/core/bad.hpp:4: core must not include json' \
  'include/castore/core/bad.hpp:5: core must not include adapters/in_memory' \
  'include/castore/core/bad.hpp:6: core must not include testing' \
  'include/castore/core/bad.hpp:7: core must not include umbrella' '4 fault(s)'

header castore/core/bad.hpp '#include <nlohmann/json.hpp>' '#include <iostream>' '#include <sqlite3.h>'
finds 'core/bad.hpp:4: core must not include <nlohmann/json.hpp>' 'core/bad.hpp:5: includes <iostream>' \
  'core/bad.hpp:6: core must not include <sqlite3.h>'

header castore/core/bad.hpp '#include "event.hpp"'
finds 'core/bad.hpp:4: includes "event.hpp"; write <castore/...>'

header castore/json.hpp '#include <sqlite3.h>' '#include <castore/adapters/sqlite.hpp>'
finds 'json.hpp:4: json must not include <sqlite3.h>' 'json.hpp:5: json must not include adapters/sqlite'

header castore/castore.hpp '#include <castore/adapters/sqlite.hpp>'
finds 'castore.hpp:4: umbrella must not include adapters/sqlite'

header castore/adapters/in_memory.hpp '#include <castore/adapters/sqlite/statement.hpp>'
finds 'in_memory.hpp:4: adapters/in_memory must not include adapters/sqlite'

header castore/adapters/sqlite/bad.hpp '#include <castore/messaging/message.hpp>' '#include <castore/testing/mock.hpp>'
finds 'sqlite/bad.hpp:4: adapters/sqlite must not include messaging' \
  'sqlite/bad.hpp:5: adapters/sqlite must not include testing'

header castore/aws/bad.hpp '#include <castore/adapters/dynamodb.hpp>' '#include <castore/messaging/message.hpp>'
finds 'aws/bad.hpp:4: aws must not include adapters/dynamodb' 'aws/bad.hpp:5: aws must not include messaging'

header castore/adapters/dynamodb.hpp '#include <castore/adapters/dynamodb/parse_image.hpp>'
finds 'dynamodb.hpp:4: adapters/dynamodb must not include images'

header castore/messaging/bad.hpp '#include <castore/adapters/sqlite.hpp>' '#include <castore/maintenance/pour.hpp>'
finds 'messaging/bad.hpp:4: messaging must not include adapters/sqlite' \
  'messaging/bad.hpp:5: messaging must not include maintenance'

header castore/maintenance/bad.hpp '#include <castore/testing/mock.hpp>'
finds 'maintenance/bad.hpp:4: maintenance must not include testing'

header castore/testing/bad.hpp '#include <castore/nowhere/mock.hpp>'
finds 'testing/bad.hpp:4: includes <castore/nowhere/mock.hpp>, which belongs to no layer'

header castore/core/bad.hpp 'class BadError : public std::runtime_error {' '};' 'struct Worse : detail::EventError {' '};'
finds 'core/bad.hpp:4: write CASTORE_DETAIL_THROWN' 'core/bad.hpp:6: write CASTORE_DETAIL_THROWN' '2 fault(s)'

header castore/nowhere/bad.hpp
finds 'include/castore/nowhere/bad.hpp:1: is in a folder of no layer'

text examples/bad.cpp "$spdx" '#include <castore/detail/text.hpp>'
finds 'examples/bad.cpp:2: includes castore/detail'
text tools/castore/bad.cpp "$spdx" '#include <castore/core/detail/push.hpp>'
finds 'tools/castore/bad.cpp:2: includes castore/core/detail'

text tests/core/bad.test.cpp "$spdx" '#include "../include/castore/detail/text.hpp"'
finds 'tests/core/bad.test.cpp:2: includes castore/detail'

header castore/adapters/sqlite/bad.hpp '#include <castore/core/detail/push.hpp>'
finds 'sqlite/bad.hpp:4: adapters/sqlite must not look into castore/core/detail (<castore/core/detail/push.hpp>)' '1 fault(s)'

header castore/testing/bad.hpp '#include <castore/core/detail/push.hpp>'
finds 'testing/bad.hpp:4: testing must not look into castore/core/detail'

text tests/core/bad.test.cpp "$spdx" '#include <castore/core/detail/push.hpp>'
finds 'tests/core/bad.test.cpp:2: includes castore/core/detail, which is not for anybody outside'

text tests/core/detail/push.type.test.cpp "$spdx" '#include <string>' '#include <castore/core/detail/push.hpp>'
finds 'tests/core/detail/push.type.test.cpp:2: must include <castore/core/detail/push.hpp> first'

text tests/core/event.type.test.cpp "$spdx" '#include <string>' '#include <castore/core/event.hpp>'
finds 'tests/core/event.type.test.cpp:2: must include <castore/core/event.hpp> first'

text include/castore/core/bad.hpp '#ifndef CASTORE_CORE_BAD_HPP' '#define CASTORE_CORE_BAD_HPP' '#endif'
finds 'core/bad.hpp:1: must begin with SPDX-License-Identifier'

text include/castore/core/bad.hpp "$spdx" '#ifndef CASTORE_BAD_HPP' '#define CASTORE_BAD_HPP' '#endif'
finds 'core/bad.hpp:1: needs the include guard CASTORE_CORE_BAD_HPP'

text include/castore/core/bad.hpp "$spdx" '#ifndef CASTORE_CORE_BAD_HPP' '#define CASTORE_CORE_GOOD_HPP' '#endif'
finds 'core/bad.hpp:1: needs the include guard CASTORE_CORE_BAD_HPP'

text include/castore/core/bad.hpp "$spdx" '#pragma once'
finds 'core/bad.hpp:1: needs the include guard CASTORE_CORE_BAD_HPP'

text include/castore/core/bad.hpp "$spdx" '#ifndef CASTORE_CORE_BAD_HPP' '#define CASTORE_CORE_BAD_HPP' '#endif' 'int a;'
finds 'core/bad.hpp:5: the include guard must end the file'

text docs/map.md '# A map' '`core/event.hpp` and `tests/core/` are there, `core/gone.hpp` is not, nor `tests/gone`; `Event` is no path'
finds 'docs/map.md:2: names core/gone.hpp, which is not there' 'docs/map.md:2: names tests/gone, which is not there' '2 fault(s)'

text scripts/bad '#!/bin/sh' 'true'
finds 'scripts/bad:2: must begin with SPDX-License-Identifier'

rm -rf "${tree:?}"/*
finds 'no source file found'

[ "$failures" -eq 0 ] || exit 1
echo "every planted fault was found"
