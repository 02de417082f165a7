// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_TYPE_IDENTITY_HPP
#define CASTORE_DETAIL_TYPE_IDENTITY_HPP

#include <castore/config.hpp>

namespace castore::detail {

/// One address per type.
template <class Type>
inline constexpr char type_identity_tag = 0;

}  // namespace castore::detail

#endif
