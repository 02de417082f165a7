// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_PROJECTION_HPP
#define CASTORE_LOG_PROJECTION_HPP

#include <castore/core/event_log.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/fwd.hpp>
#include <castore/log/detail/projection_parts.hpp>
#include <castore/log/subscription.hpp>
#include <castore/log/subscription_options.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace castore {

/// @brief A read model that follows the events: a projection, called in the transaction in which its checkpoint moves.
///
/// A projection is a struct with a name, a version, and an overload for each event that it wants:
/// @code
/// struct PokemonList {
///   static constexpr std::string_view name = "pokemon_list";
///   static constexpr int version = 1;                               // raise it: a new table, built next to the old
///   one void create(castore::SqliteTransaction& tx) const { tx.execute("CREATE TABLE pokemon_list_1 (id TEXT,
///   level)"); } void drop(castore::SqliteTransaction& tx) const { tx.execute("DROP TABLE pokemon_list_1"); } void
///   operator()(castore::SqliteTransaction& tx, const PokemonAppeared& event,
///                   const castore::EventInfo<PokemonAppeared>& info) const { ... }
/// };
/// castore::AsyncProjection list{storage, std::tie(pokemons), PokemonList{}};
/// list.catch_up();
/// @endcode
/// `create` and `drop` are optional, and so is the header of an event; a fourth parameter is its `const EventPlace&`.
/// With `void apply(TheTransaction&, std::span<const TheStore::Event>) const` it gets the events of a batch at once,
/// where there is one store. `template <class Tx>` makes it one for several storages. What is kept elsewhere takes no
/// transaction and a `CheckpointStore`, see there.
///
/// **Guarantees:** after any crash the read model is what its events up to the checkpoint make of it: each of them took
/// effect once. `create` is called once for each version, in the transaction that says so. Of two runners the slower
/// one fails and leaves no trace. The rest is that of `Subscription`.
///
/// **Errors:** those of `Subscription`.
template <class Storage, class Projection, class... Stores>
class AsyncProjection : private Subscription<Storage, Stores...> {
  using Base = Subscription<Storage, Stores...>;
  using Checked = typename detail::CheckedProjection<Projection, typename Base::Transaction, Stores...>::Checked;
  using Handler = detail::ProjectionHandler<Projection, Storage, Stores...>;

 public:
  /// @brief A read model in the storage. @param storage Where the stores keep their events. It and the stores must
  /// outlive the projection. @throws std::invalid_argument for a name that is empty or holds `#`
  AsyncProjection(Storage& storage, std::tuple<Stores&...> stores, Projection projection)
      : Base{checked_name(), storage, stores, checked({})}, handler_{std::move(projection), false} {
    [[maybe_unused]] constexpr bool is_valid = detail::FeedOperation<Storage, true>::template explain<Storage>();
  }
  /// @brief The same with options; their `version` is that of the projection.
  AsyncProjection(Storage& storage, std::tuple<Stores&...> stores, Projection projection, SubscriptionOptions given)
      : Base{checked_name(), storage, stores, checked(std::move(given))},
        handler_{std::move(projection), this->options().checkpoints != nullptr} {}

  using Base::dead_letters;
  using Base::drop_dead_letter;
  using Base::lag;
  using Base::name;
  using Base::options;
  using Base::position;
  using Base::version;
  using Base::wait_until;
  using Base::wait_until_caught_up;

  /// @brief Handles at most one batch of events.
  PollResult poll() {
    if constexpr (Checked::is_valid) return Base::poll(handler_);
    return {};
  }
  /// @brief Handles events until there is nothing more. @return How many in all.
  PollResult catch_up() {
    if constexpr (Checked::is_valid) return Base::catch_up(handler_);
    return {};
  }
  /// @brief Handles events as they come, until it is asked to stop, see `Subscription::run`.
  void run(detail::StopToken stop) {
    if constexpr (Checked::is_valid) Base::run(handler_, std::move(stop));
  }
  /// @brief See `Subscription::retry_dead_letters`.
  std::size_t retry_dead_letters() {
    if constexpr (Checked::is_valid) return Base::retry_dead_letters(handler_);
    return 0;
  }

 private:
  static std::string checked_name() {
    if constexpr (Checked::is_valid) return std::string{std::string_view{Projection::name}};
    return "?";
  }
  static SubscriptionOptions checked(SubscriptionOptions given) {
    if constexpr (Checked::is_valid) given.version = Projection::version;
    return given;
  }

  Handler handler_;
};

template <class Storage, class... Stores, class Projection>
AsyncProjection(Storage&, std::tuple<Stores&...>, Projection) -> AsyncProjection<Storage, Projection, Stores...>;
template <class Storage, class... Stores, class Projection>
AsyncProjection(Storage&, std::tuple<Stores&...>, Projection, SubscriptionOptions)
    -> AsyncProjection<Storage, Projection, Stores...>;

}  // namespace castore

#endif
