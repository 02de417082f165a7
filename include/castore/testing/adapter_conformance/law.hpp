// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_LAW_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_LAW_HPP

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::testing {

class AdapterUnderTest;

/// @brief How long the laws take over a storage. A fixture says otherwise by a constant,
/// `static constexpr castore::testing::LawEffort effort{.race = std::chrono::milliseconds{500}};`
struct LawEffort {
  /// @brief How long threads race in one law, at least; more finds rarer races.
  std::chrono::milliseconds race{100};
  /// @brief When a law has not ended after that long, it is violated: some operation hangs.
  std::chrono::milliseconds limit{20'000};
  /// @brief How often a random history that fails is tried again with something left out, to tell the shortest.
  int replays = 200;
};

/// @brief What the suite knows of a fixture before it asks the adapter anything. A law that does not apply to it is not
/// among its laws.
struct FixtureProperties {
  AdapterProperties adapter{};  ///< What the adapter says, or the fixture of this instance.
  bool reopens = false;         ///< It has `reopen()`: another adapter object on the same storage.
  bool closes = false;          ///< It has `close_and_reopen()`: the storage outlives its only adapter object.
  bool spawns = false;          ///< It has `spawn()`: another process with the same storage.
  LawEffort effort{};           ///< How long the laws take.
};

namespace detail {

inline bool reopens(const FixtureProperties& fixture) { return fixture.reopens; }
inline bool closes(const FixtureProperties& fixture) { return fixture.closes; }
inline bool spawns(const FixtureProperties& fixture) { return fixture.spawns; }

}  // namespace detail

/// @brief The two ways into and out of an adapter: its own functions on records, or an `EventStore`, which takes the
/// typed corridor where the adapter has one.
enum class Way {
  records,  ///< The adapter's own functions.
  events    ///< Through an `EventStore`.
};

/// @brief A sentence about what every adapter does, and the function that finds out.
struct AdapterLaw {
  int law = 0;                                       ///< Its number in the contract, 1 to 10; several tests share one.
  std::string_view name{};                           ///< Unique.
  void (*check)(const AdapterUnderTest&) = nullptr;  ///< Throws unless the law is kept. It wants an empty storage.
  /// @brief Whether it says anything about such an adapter.
  bool (*applies)(const FixtureProperties&) = [](const FixtureProperties&) { return true; };
  bool records_only = false;   ///< Nothing new is to be seen through an `EventStore`.
  bool single_thread = false;  ///< Runs on the thread that asks, as it starts processes; others get one of their own.
};

/// @brief An adapter does not keep a law of its contract.
/// **Handling:** fix the adapter; the message says what was expected of it and what it did. An exception that the
/// adapter threw where it should not is nested.
class CASTORE_DETAIL_THROWN LawViolation : public Error {
 public:
  /// @brief What the suite throws. @param expected What the law wants. @param seen What the adapter did.
  LawViolation(int law, std::string_view name, std::string_view expected, std::string_view seen,
               std::optional<std::uint64_t> seed = {}, std::vector<std::string> history = {})
      : Error{Report{},
              "castore: law " + std::to_string(law) + " is violated: " + std::string{name} +
                  "\n  expected: " + std::string{expected} + "\n  seen: " + std::string{seen} + text_of(history) +
                  (seed
                       ? "\n  repeat it with the environment variable CASTORE_CONFORMANCE_SEED=" + std::to_string(*seed)
                       : std::string{})},
        law_{law},
        name_{name},
        expected_{expected},
        seen_{seen},
        seed_{seed},
        history_{std::move(history)} {}

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
  /// @brief The operations that lead to it on an empty storage when the case was a random one, the fewest that were
  /// found.
  const std::vector<std::string>& history() const noexcept { return history_; }

 private:
  static std::string text_of(const std::vector<std::string>& history) {
    std::string text = history.empty() ? "" : "\n  the shortest history that fails:";
    int number = 0;
    for (const std::string& operation : history) text += "\n    " + std::to_string(++number) + ". " + operation;
    return text;
  }

  int law_;
  std::string name_;
  std::string expected_;
  std::string seen_;
  std::optional<std::uint64_t> seed_;
  std::vector<std::string> history_;
};

}  // namespace castore::testing

#endif
