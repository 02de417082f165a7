#!/bin/sh
# SPDX-License-Identifier: MIT
# batch.sh ROOT FILE... : prints a source that compiles FILEs as one, which takes half the time; it includes them by their
# names below ROOT. Headers, .hpp, are only included. Each source gets a namespace of its own, after what it includes, so
# the first is compiled as if it were alone. One that specializes templates of other namespaces cannot have one: it is a
# batch of its own. `int main()` becomes run_main() of its namespace, which run_FILE() calls.
set -eu
root=$1
shift
for file in "$@"; do
  case $file in *.hpp) echo "#include \"${file#"$root/"}\"" && continue ;; esac
  name=$(basename "$file" .cpp | tr -c 'A-Za-z0-9\n' _)
  main=$(grep -c '^int main()' "$file") || true
  sed -n '/^#include /p' "$file"
  if grep -q '^template <>$' "$file"; then
    [ $# -eq 1 ] || { echo "batch.sh: $file specializes templates, and needs a batch of its own" >&2 && exit 1; }
    [ "$main" -eq 0 ] || echo "#define main() main_result_of_$name; void run_$name()"
    echo "#include \"${file#"$root/"}\""
    continue
  fi
  # A function other than main must not end without returning what it should.
  [ "$main" -eq 0 ] || echo '#define main() main_result; void run_main()'
  space=batched_$(printf '%s' "${file#"$root/"}" | tr -c 'A-Za-z0-9' _)
  printf 'namespace %s {\n#include "%s"\n}\n' "$space" "${file#"$root/"}"
  [ "$main" -eq 0 ] || printf '#undef main\nvoid run_%s() { %s::run_main(); }\n' "$name" "$space"
done
