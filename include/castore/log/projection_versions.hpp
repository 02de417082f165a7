// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_PROJECTION_VERSIONS_HPP
#define CASTORE_LOG_PROJECTION_VERSIONS_HPP

#include <castore/core/event_log.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/fwd.hpp>
#include <castore/log/detail/projection_parts.hpp>
#include <castore/log/errors.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief The versions of a projection in a storage: which of them is the one to be asked, and their coming and going.
/// A new version is built next to the old one by an `AsyncProjection` of its own, and becomes the active one when it
/// has caught up; the old one is retired when nobody asks it any more.
///
/// @code
/// castore::ProjectionVersions versions{storage, "pokemon_list"};
/// versions.activate(PokemonList{});        // calls its `activate(tx)`, where it has one: CREATE OR REPLACE VIEW ...
/// versions.retire(OldPokemonList{});       // calls its `drop(tx)`
/// @endcode
///
/// **Guarantees:** each function is one transaction; with what `activate` or `drop` do it takes effect, or not.
/// **Errors:** `ProjectionBehindError` (retry), and the storage's.
template <class Storage>
class ProjectionVersions {
  static_assert(operations::Transact::explain<Storage>());
  using Transaction = typename detail::TransactionOf<Storage>::Type;

 public:
  /// @brief Those of a name. @param storage Must outlive it.
  ProjectionVersions(Storage& storage, std::string name) : storage_{storage}, name_{std::move(name)} {}

  /// @brief The version that was activated last, nothing when none was.
  std::optional<int> active() const {
    std::optional<int> version;
    storage_.transact([&](Transaction& transaction) { version = active_in(transaction); });
    return version;
  }
  /// @brief The same within a transaction, so that a query asks the right table.
  std::optional<int> active(Transaction& transaction) const { return active_in(transaction); }
  /// @brief How far a version has come.
  Position position(int version) const {
    Position position = 0;
    storage_.transact([&](Transaction& transaction) { position = transaction.checkpoint(name_, version); });
    return position;
  }

  /// @brief Makes a version the active one. @throws ProjectionBehindError when it is behind the one that is.
  void activate(int version) {
    activate_in_transaction(version, [](Transaction&) {});
  }
  /// @brief The same with what the projection's `activate(tx)` does.
  template <class Projection>
    requires detail::HasNameAndVersion<Projection>
  void activate(const Projection& projection) {
    check_name(Projection::name);
    activate_in_transaction(Projection::version, [&](Transaction& transaction) {
      if constexpr (requires { projection.activate(transaction); }) projection.activate(transaction);
    });
  }

  /// @brief Forgets a version: its checkpoint, and that it was created. A runner that it still has fails.
  /// @throws std::invalid_argument when it is the active one
  void retire(int version) {
    retire_in_transaction(version, [](Transaction&) {});
  }
  /// @brief The same, and drops what it has written to by the projection's `drop(tx)`.
  template <class Projection>
    requires detail::HasNameAndVersion<Projection>
  void retire(const Projection& projection) {
    check_name(Projection::name);
    retire_in_transaction(Projection::version,
                          [&](Transaction& transaction) { detail::drop_projection(projection, transaction); });
  }

 private:
  void check_name(std::string_view name) const {
    if (name != name_) throw std::invalid_argument{"castore: this projection has another name than these versions"};
  }
  std::string active_name() const { return detail::name_for(name_, "active"); }

  std::optional<int> active_in(Transaction& transaction) const {
    const Position version = transaction.checkpoint(active_name(), 0);
    return version == 0 ? std::nullopt : std::optional<int>{static_cast<int>(version)};
  }

  /// Moves a checkpoint from wherever it is. @throws ProjectionTakenOverError
  static void move(Transaction& transaction, const std::string& name, int version, Position to) {
    const Position from = transaction.checkpoint(name, version);
    if (from != to && !transaction.move_checkpoint(name, version, from, to)) {
      throw ProjectionTakenOverError{name, version, from};
    }
  }

  template <class Function>
  void activate_in_transaction(int version, const Function& function) {
    storage_.transact([&](Transaction& transaction) {
      const int active = active_in(transaction).value_or(version);
      const Position position = transaction.checkpoint(name_, version);
      const Position active_position = transaction.checkpoint(name_, active);
      if (position < active_position) {
        throw ProjectionBehindError{name_, version, position, active, active_position};
      }
      function(transaction);
      move(transaction, active_name(), 0, version);
    });
  }

  template <class Function>
  void retire_in_transaction(int version, const Function& function) {
    storage_.transact([&](Transaction& transaction) {
      if (active_in(transaction) == version) {
        throw std::invalid_argument{"castore: the active version of a projection is not retired; activate another one"};
      }
      function(transaction);
      move(transaction, name_, version, 0);
      for (const std::string_view what : {"created", "inline", "pushed"}) {
        move(transaction, detail::name_for(name_, what), version, 0);
      }
    });
  }

  Storage& storage_;
  std::string name_;
};

}  // namespace castore

#endif
