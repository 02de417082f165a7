#!/bin/sh
# SPDX-License-Identifier: MIT
# batch.sh ROOT FILE... : prints a source that compiles FILEs as one, which takes half the time; it includes them by their
# names below ROOT. Headers, .hpp, are only included. Each source gets a namespace of its own, after what it includes, so
# the first is compiled as if it were alone. One that specializes templates of other namespaces cannot have one: it is a
# batch of its own. A main becomes the function `int run_FILE(int, char**)`; FILE is the name of the folder for a main.cpp.
set -eu
root=$1
shift
for file in "$@"; do
  path=${file#"$root/"}
  case $file in *.hpp) echo "#include \"$path\"" && continue ;; esac
  sed -n "s|^#include \"\([^/]*\"\)|#include \"${path%/*}/\1|; /^#include /p" "$file"
  if grep -q '^template <>$' "$file"; then
    [ $# -eq 1 ] || { echo "batch.sh: $file specializes templates, and needs a batch of its own" >&2 && exit 1; }
    echo "#include \"$path\""
    continue
  fi
  name=$(basename "${file%/main.cpp}" .cpp | tr -c 'A-Za-z0-9\n' _)
  space=batched_$(printf '%s' "$path" | tr -c 'A-Za-z0-9' _)
  run=
  case $(grep '^int main(' "$file") in
    '') ;;
    'int main()'*)  # a function other than main must not end without returning what it should
      echo '#define main() main_result; void run_main()'
      run="int run_$name(int, char**) { return $space::run_main(), 0; }"
      ;;
    *)
      echo '#define main(...) main_result; int run_main(__VA_ARGS__)'
      run="int run_$name(int count, char** arguments) { return $space::run_main(count, arguments); }"
      ;;
  esac
  printf 'namespace %s {\n#include "%s"\n}\n' "$space" "$path"
  [ -z "$run" ] || printf '#undef main\n%s\n' "$run"
done
