// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_CATCH2_MESSAGE_CHANNEL_HPP
#define CASTORE_TESTING_CATCH2_MESSAGE_CHANNEL_HPP

/// @file
/// The laws of message channels inside Catch2, version 2 or 3.

#include <castore/testing/catch2_laws.hpp>
#include <castore/testing/message_channel_conformance.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <source_location>
#include <string>
#include <utility>

namespace castore::testing {

namespace detail {

template <class Fixture, std::size_t index>
void check_message_channel_law_of() {
  Fixture fixture;
  check_message_channel_law(all_message_channel_laws[index], fixture);
}

template <class Fixture, std::size_t index>
void register_message_channel_law(const std::string& channel_name, const std::string& tags,
                                  const std::source_location& where) {
  constexpr MessageChannelLaw law = all_message_channel_laws[index];
  if (!law.applies(message_channel_properties<Fixture>())) return;
  register_law_in_catch2<&check_message_channel_law_of<Fixture, index>>(law, channel_name, tags, where);
}

}  // namespace detail

/// @brief Makes a Catch2 test case of every law that applies to a message channel adapter: `my channel: law 2: all
/// ...`. Call it once per adapter to initialise a constant outside of functions.
/// @tparam Fixture Made for every law, over an empty channel of its own.
/// @param channel_name Begins the names of the test cases; without commas, brackets and backslashes.
/// @param tags As for `TEST_CASE`.
/// @return true
template <std::default_initializable Fixture>
  requires MessageChannelFixture<Fixture>
bool register_message_channel_laws(const std::string& channel_name, const std::string& tags = {},
                                   std::source_location where = std::source_location::current()) {
  [&]<std::size_t... indices>(std::index_sequence<indices...>) {
    (detail::register_message_channel_law<Fixture, indices>(channel_name, tags, where), ...);
  }(std::make_index_sequence<std::size(all_message_channel_laws)>{});
  return true;
}

}  // namespace castore::testing

#endif
