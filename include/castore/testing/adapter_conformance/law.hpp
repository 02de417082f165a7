// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_LAW_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_LAW_HPP

#include <castore/core/errors.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore::testing {

class AdapterUnderTest;

/// @brief What an adapter says of itself by constants of these names, all of them optional:
/// `static constexpr bool orders_equal_timestamps = false;` in the adapter, or in the fixture that makes it.
/// A law that does not apply then is not among the adapter's laws.
struct AdapterProperties {
  /// @brief A push that would leave a gap is refused within the write.
  bool detects_version_gaps = true;
  /// @brief Aggregates whose initial events have equal timestamps are listed in the order of their ids.
  bool orders_equal_timestamps = true;
  /// @brief The last page of a list has no token; else one that leads to an empty page may follow.
  bool detects_last_page = true;
  /// @brief Who reads one event of a group finds the others there too, also while threads push.
  bool shows_groups_at_once = true;
  /// @brief Every finite double can be stored; else negative zero and those beyond about 1e-130 to 1e126 may not.
  bool holds_every_double = true;
  /// @brief How many events one push can write; four at least.
  std::optional<std::size_t> max_events_per_push{};
  /// @brief The fixture has `reopen()`: another adapter object on the same storage.
  bool reopens = false;
};

/// @brief The two ways into and out of an adapter: its own functions on records, or an `EventStore`, which takes the
/// typed corridor where the adapter has one.
enum class Way {
  records,  ///< The adapter's own functions.
  events    ///< Through an `EventStore`.
};

/// @brief A sentence about what every adapter does, and the function that finds out.
struct AdapterLaw {
  int law = 0;                                       ///< Its number in the contract, 1 to 9; several tests share one.
  std::string_view name{};                           ///< Unique.
  void (*check)(const AdapterUnderTest&) = nullptr;  ///< Throws unless the law is kept. It wants an empty storage.
  /// @brief Whether it says anything about such an adapter.
  bool (*applies)(const AdapterProperties&) = [](const AdapterProperties&) { return true; };
  bool records_only = false;  ///< Nothing new is to be seen through an `EventStore`.
};

/// @brief An adapter does not keep a law of its contract.
/// **Handling:** fix the adapter; the message says what was expected of it and what it did. An exception that the
/// adapter threw where it should not is nested.
class LawViolation : public Error {
 public:
  /// @brief What the suite throws. @param expected What the law wants. @param seen What the adapter did.
  LawViolation(int law, std::string_view name, std::string_view expected, std::string_view seen,
               std::optional<std::uint64_t> seed = {})
      : Error{"castore: law " + std::to_string(law) + " is violated: " + std::string{name} +
              "\n  expected: " + std::string{expected} + "\n  seen: " + std::string{seen} +
              (seed ? "\n  repeat it with the environment variable CASTORE_CONFORMANCE_SEED=" + std::to_string(*seed)
                    : std::string{})},
        law_{law},
        name_{name},
        expected_{expected},
        seen_{seen},
        seed_{seed} {}

  /// @brief The law's number in the contract.
  int law() const noexcept { return law_; }
  /// @brief The name of the test.
  const std::string& name() const noexcept { return name_; }
  /// @brief What the law wants, in the case at hand.
  const std::string& expected() const noexcept { return expected_; }
  /// @brief What the adapter did instead.
  const std::string& seen() const noexcept { return seen_; }
  /// @brief The seed when the case was a random one.
  std::optional<std::uint64_t> seed() const noexcept { return seed_; }

 private:
  int law_;
  std::string name_;
  std::string expected_;
  std::string seen_;
  std::optional<std::uint64_t> seed_;
};

}  // namespace castore::testing

#endif
