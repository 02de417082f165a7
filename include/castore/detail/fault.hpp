// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_FAULT_HPP
#define CASTORE_DETAIL_FAULT_HPP

/// @file
/// What is wrong with a type, as a type of its own. It is found without any error; then `explain` is called right where
/// the user's type is named, so that a compiler does not tell how it was found, but what it is.

#include <castore/config.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>

namespace castore::detail {

/// Nothing is wrong.
struct NoFault {
  static constexpr bool explain() { return true; }
};
template <class Fault>
inline constexpr bool is_fault = !std::is_same_v<std::remove_const_t<Fault>, NoFault>;

/// For the `static_assert` of a fault. Compilers show the types; of a comparison they would show the values, too.
template <class...>
inline constexpr bool never = false;

template <bool... are_valid>
constexpr std::size_t find_invalid() {
  constexpr bool all[] = {are_valid..., false};
  std::size_t index = 0;
  while (all[index]) ++index;
  return index;
}
/// The first of several checks that has not passed; `NoFault` where all have.
template <class... Checks>
using FirstInvalid =
    std::remove_pointer_t<std::tuple_element_t<find_invalid<Checks::is_valid...>(), std::tuple<Checks*..., NoFault*>>>;

}  // namespace castore::detail

#endif
