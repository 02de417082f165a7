// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ID_GENERATOR_HPP
#define CASTORE_TESTING_ID_GENERATOR_HPP

#include <castore/config.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace castore::testing {

/// @brief Makes ids that are the same in every run: `pokemon-1`, `pokemon-2` ... Give it to code that makes new
/// aggregates, in place of a generator of UUIDs.
/// @code
/// castore::testing::IdGenerator next_id{"pokemon"};
/// pokemons.push_event(next_id(), 1, PokemonAppeared{"Pikachu", 5});
/// @endcode
/// **Guarantees:** copies count on together. Threads may use one generator at the same time; no id comes twice.
class IdGenerator {
 public:
  /// @brief Starts at `prefix` with a 1.
  explicit IdGenerator(std::string prefix = "id") : prefix_{std::move(prefix)} {}

  /// @brief The next id.
  std::string operator()() const { return prefix_ + "-" + std::to_string(++*count_); }
  /// @brief Starts again at 1.
  void reset() { *count_ = 0; }

 private:
  std::string prefix_;
  std::shared_ptr<std::atomic<std::uint64_t>> count_ = std::make_shared<std::atomic<std::uint64_t>>(0U);
};

}  // namespace castore::testing

#endif
