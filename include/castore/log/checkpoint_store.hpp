// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_CHECKPOINT_STORE_HPP
#define CASTORE_LOG_CHECKPOINT_STORE_HPP

#include <castore/core/dead_letters.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_log.hpp>
#include <castore/fwd.hpp>

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief Keeps checkpoints elsewhere than in the storage of the events: where a read model in Redis, in files or in
/// another database has its own. Derive from it.
///
/// **Guarantees:** what is handled and the checkpoint are not written together, so after a crash some events are
/// handled again: at least once. Make the handler idempotent, e.g. by keeping `EventPlace::position` with each row and
/// leaving out what is not newer.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;
  /// @brief See `KeepsCheckpoints`.
  virtual Position checkpoint(std::string_view name, int version) = 0;
  /// @brief See `KeepsCheckpoints`. It must compare and set as one step.
  [[nodiscard("castore: false says that another one moved it, and that nothing was changed")]] virtual bool
  move_checkpoint(std::string_view name, int version, Position from, Position to) = 0;
  /// @brief See `KeepsDeadLetters`; needed where `on_error` answers `Skip{}`. @throws UnsupportedOperationError
  virtual void add_dead_letter(std::string_view, int, const EventDeadLetter&) {
    throw UnsupportedOperationError{"add_dead_letter"};
  }
  /// @brief See `KeepsDeadLetters`.
  virtual std::vector<EventDeadLetter> dead_letters(std::string_view, int) { return {}; }
  /// @brief See `KeepsDeadLetters`.
  virtual bool drop_dead_letter(std::string_view, int, Position) { return false; }

 protected:
  CheckpointStore() = default;
  CheckpointStore(const CheckpointStore&) = default;
  CheckpointStore& operator=(const CheckpointStore&) = default;
};

/// @brief Keeps checkpoints and dead letters in memory: for a subscription that begins again with each run of its
/// program, and for tests. Any number of threads may use one object.
/// @code
/// castore::Subscription audit{"audit", storage, std::tie(pokemons),
///                             {.checkpoints = std::make_shared<castore::InMemoryCheckpointStore>()}};
/// @endcode
class InMemoryCheckpointStore final : public CheckpointStore {
 public:
  Position checkpoint(std::string_view name, int version) override {
    const std::lock_guard lock{mutex_};
    const auto found = checkpoints_.find({std::string{name}, version});
    return found == checkpoints_.end() ? 0 : found->second;
  }
  [[nodiscard]] bool move_checkpoint(std::string_view name, int version, Position from, Position to) override {
    const std::lock_guard lock{mutex_};
    Position& position = checkpoints_[{std::string{name}, version}];
    if (position != from) return false;
    position = to;
    return true;
  }
  void add_dead_letter(std::string_view name, int version, const EventDeadLetter& letter) override {
    const std::lock_guard lock{mutex_};
    dead_letters_[{std::string{name}, version}].insert_or_assign(letter.position, letter);
  }
  std::vector<EventDeadLetter> dead_letters(std::string_view name, int version) override {
    const std::lock_guard lock{mutex_};
    std::vector<EventDeadLetter> letters;
    for (const auto& [position, letter] : dead_letters_[{std::string{name}, version}]) letters.push_back(letter);
    return letters;
  }
  bool drop_dead_letter(std::string_view name, int version, Position position) override {
    const std::lock_guard lock{mutex_};
    return dead_letters_[{std::string{name}, version}].erase(position) != 0;
  }

 private:
  using Key = std::pair<std::string, int>;

  std::mutex mutex_;
  std::map<Key, Position> checkpoints_;
  std::map<Key, std::map<Position, EventDeadLetter>> dead_letters_;
};

static_assert(KeepsCheckpoints<CheckpointStore> && KeepsDeadLetters<CheckpointStore>);

}  // namespace castore

#endif
