#!/bin/sh
# SPDX-License-Identifier: MIT
# check_docstrings.test.sh SCRIPT: plants one fault after the other in a small documented header and expects SCRIPT to
# name it, and nothing else.
set -u
script=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0
mkdir -p "$tree/include/castore/core"

# header SED_COMMAND... : writes a documented header, changed by these commands.
header() {
  sed "$@" >"$tree/include/castore/core/good.hpp" <<'END'
#include <stdexcept>
namespace castore {
namespace detail {
class Base {
 public:
  /// @brief A part of what its heirs offer.
  int inherited() const;
};
class Hidden {
 public:
  int no_docs_needed() const;
};
}  // namespace detail
/// @brief Something.
/// **Handling:** fix.
class BadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// @brief What it may be.
enum class Colour {
  red,   ///< Like roses.
  blue,  ///< Like violets.
};
/// @brief A class.
template <class Value>
class Good : public detail::Base {
 public:
  /// @brief Makes one.
  explicit Good(int count);
  Good(const Good&) = delete;
  ~Good();
  /// @brief How many.
  int count() const;
  int count(int scale) const;
  using Alias = Value;  ///< What it is of.
  int size = 0;         ///< In metres.

 private:
  int own() const;
};
Good(int) -> Good<int>;
/// @brief A concept.
template <class Candidate>
concept Fine = requires(Candidate candidate) { candidate.count(); };
/// @brief A function.
int run();
}  // namespace castore
END
}

# finds WORDS SED_COMMAND... : expects one fault with these words in the header so changed.
finds() {
  words=$1
  shift
  header "$@"
  if output=$("$script" "$tree"); then
    echo "FAILED: nothing was found, expected: $words"
    failures=$((failures + 1))
  fi
  case $output in
    *"include/castore/core/good.hpp:"*"$words"*"1 public entities lack"*) ;;
    *) echo "FAILED: expected: $words" "got: $output" && failures=$((failures + 1)) ;;
  esac
}

header -e ''
if ! output=$("$script" "$tree"); then
  echo "FAILED: the documented header was refused: $output"
  exit 1
fi
finds 'castore::detail::Base::inherited' -e '/A part of what/d'
finds 'castore::BadError does not say **Handling:**' -e '/Handling/d'
finds 'enum Colour' -e '/What it may be/d'
finds 'enumerator Colour::blue' -e 's/blue,.*/blue/'
finds 'class castore::Good' -e '/A class/d'
finds 'castore::Good< Value >::Good' -e '/Makes one/d'
finds 'castore::Good< Value >::count() const' -e '/How many/d' -e '/int scale/d'
finds 'castore::Good< Value >::Alias' -e 's/= Value;.*/= Value;/'
finds 'castore::Good< Value >::size' -e 's/= 0;.*/= 0;/'
finds 'concept castore::Fine' -e '/A concept/d'
finds 'castore::run()' -e '/A function/d'

rm -f "$tree/include/castore/core/good.hpp"
if output=$("$script" "$tree"); then
  echo "FAILED: an empty tree was accepted"
  failures=$((failures + 1))
fi

[ "$failures" -eq 0 ] || exit 1
echo "every missing docstring was found"
