// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_AGGREGATE_HPP
#define CASTORE_CORE_AGGREGATE_HPP

#include <castore/fwd.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace castore {

/// @brief The two members every aggregate has; inherit it. The library keeps both: a reducer need not touch them.
struct Aggregate {
  std::string aggregate_id{};  ///< The id it was loaded by; NUL-free UTF-8.
  Version version = 0;         ///< The version of the last event that was applied.

  /// @brief For the `operator==(const TheAggregate&, const TheAggregate&) = default` of a type that inherits it; such a
  /// type does not compare by these two members alone, as it would with a function for its base class.
  template <std::same_as<Aggregate> Self>
  friend constexpr bool operator==(const Self& left, const Self& right) {
    return left.version == right.version && left.aggregate_id == right.aggregate_id;
  }
};

/// @brief What a store can build from events: default-constructible, movable, with `aggregate_id` and `version`, from
/// `castore::Aggregate` or of its own.
template <class Candidate>
concept AggregateLike = std::default_initializable<Candidate> && std::movable<Candidate> &&
                        requires(Candidate& aggregate, std::string_view id, Version version) {
                          aggregate.aggregate_id = id;
                          { aggregate.aggregate_id == id } -> std::convertible_to<bool>;
                          aggregate.version = version;
                          { aggregate.version } -> std::convertible_to<Version>;
                        };

}  // namespace castore

#endif
