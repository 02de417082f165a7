// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_CATCH2_MESSAGE_CHANNEL_HPP
#define CASTORE_TESTING_CATCH2_MESSAGE_CHANNEL_HPP

/// @file
/// The laws of message channels inside Catch2, version 2 or 3.

#include <castore/testing/message_channel_conformance.hpp>

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#elif __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#else
#error "castore: <castore/testing/catch2_message_channel.hpp> needs Catch2, version 2 or 3, which was not found"
#endif

#include <concepts>
#include <cstddef>
#include <iterator>
#include <source_location>
#include <string>
#include <utility>

namespace castore::testing {

namespace detail {

template <class Fixture, std::size_t index>
void check_message_channel_law_in_catch2() {
  std::string violation;
  try {
    Fixture fixture;
    check_message_channel_law(all_message_channel_laws[index], fixture);
  } catch (const LawViolation& error) {
    violation = error.what();
  }
#ifdef CATCH_CONFIG_PREFIX_ALL
  if (!violation.empty()) CATCH_FAIL(violation);
  CATCH_SUCCEED();
#else
  if (!violation.empty()) FAIL(violation);
  SUCCEED();
#endif
}

template <class Fixture, std::size_t index>
void register_message_channel_law(const std::string& channel_name, const std::string& tags,
                                  const Catch::SourceLineInfo& where) {
  constexpr MessageChannelLaw law = all_message_channel_laws[index];
  if (!law.applies(message_channel_properties<Fixture>())) return;
  const std::string name = channel_name + ": law " + std::to_string(law.law) + ": " + std::string{law.name};
  const Catch::AutoReg registered{Catch::makeTestInvoker(&check_message_channel_law_in_catch2<Fixture, index>), where,
                                  Catch::StringRef{}, Catch::NameAndTags{name, tags}};
}

}  // namespace detail

/// @brief Makes a Catch2 test case of every law that applies to a message channel adapter: `my channel: law 2: all
/// ...`. Call it once per adapter to initialise a constant outside of functions.
/// @tparam Fixture Made anew for every law, over an empty channel of its own.
/// @param channel_name Begins the names of the test cases; without commas, brackets and backslashes.
/// @param tags As for `TEST_CASE`.
/// @return true
template <std::default_initializable Fixture>
  requires MessageChannelFixture<Fixture>
bool register_message_channel_laws(const std::string& channel_name, const std::string& tags = {},
                                   std::source_location where = std::source_location::current()) {
  const Catch::SourceLineInfo line{where.file_name(), where.line()};
  [&]<std::size_t... indices>(std::index_sequence<indices...>) {
    (detail::register_message_channel_law<Fixture, indices>(channel_name, tags, line), ...);
  }(std::make_index_sequence<std::size(all_message_channel_laws)>{});
  return true;
}

}  // namespace castore::testing

#endif
