// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_CONTEXT_HPP
#define CASTORE_CORE_CONTEXT_HPP

#include <castore/fwd.hpp>

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief Says which request an event belongs to, and what led to it. It travels with a push: into the storage, into
/// messages, and from the event that is handled to those that it leads to (`next_context`).
///
/// An empty part counts as absent. The context is stored as the member `$context` of the event's metadata. The payload
/// need not declare it, and its `Metadata` never has it. A program that does not know it, such as one with Castore for
/// Node.js, sees it as metadata.
///
/// **Errors:** a push throws `InvalidEventError` (fix). Its field is `context.correlation_id` and so on when a part is
/// too long or not UTF-8 without NUL, or when `traceparent` does not have the form that W3C defines. Its field is
/// `metadata` when the event's metadata are not an object but, for example, a text or a number: those have no room for
/// a context.
/// @code
/// pokemons.push_event("pikachu", 2, PokemonLeveledUp{}, {.context = castore::Context{.correlation_id = request_id}});
/// @endcode
struct Context {
  /// @brief The same for everything that one request led to. If it is empty, `next_context` begins one. At most
  /// `max_context_id_size` bytes.
  std::string correlation_id{};
  /// @brief What directly led to the event: the id of a request, or of another event, `store#aggregate#version`. At
  /// most `max_context_id_size` bytes.
  std::string causation_id{};
  /// @brief The event's span, in the form of the HTTP header of this name. Source: W3C Trace Context 1.
  std::string traceparent{};

  /// @brief True when all parts are empty.
  bool is_empty() const noexcept { return correlation_id.empty() && causation_id.empty() && traceparent.empty(); }

  friend bool operator==(const Context&, const Context&) = default;
};

/// @brief The longest `correlation_id` and `causation_id`, in bytes: the id of any event fits.
inline constexpr std::size_t max_context_id_size = 2 * 65'536 + 32;

namespace detail {

struct SharedContext {
  Context context;
  std::atomic<std::size_t> owners{1};
};
inline const Context empty_context{};

}  // namespace detail

/// @brief The context of an event, as large as a pointer. It is empty, or has a context that its copies share and
/// nobody changes.
/// @code
/// if (event.context) std::cout << event.context->correlation_id << '\n';
/// @endcode
class EventContext {
 public:
  constexpr EventContext() noexcept = default;
  /// @brief Has the context, or nothing if that is empty.
  EventContext(Context context) {  // NOLINT(google-explicit-constructor): a context is one of an event
    if (!context.is_empty()) shared_ = new detail::SharedContext{std::move(context)};
  }
  /// @brief Shares the other's context.
  constexpr EventContext(const EventContext& other) noexcept : shared_{other.shared_} {
    if (shared_) [[unlikely]]
      shared_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  constexpr EventContext(EventContext&& other) noexcept : shared_{std::exchange(other.shared_, nullptr)} {}
  /// @brief Has what the other had.
  constexpr EventContext& operator=(EventContext other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  constexpr ~EventContext() {
    if (shared_) [[unlikely]]
      release(*shared_);
  }

  /// @brief True when there is a context.
  constexpr explicit operator bool() const noexcept { return shared_ != nullptr; }
  /// @brief The context, or an empty one if there is none. The reference is valid until this object is assigned to or
  /// destroyed.
  const Context& operator*() const noexcept { return shared_ ? shared_->context : detail::empty_context; }
  /// @brief Its parts.
  const Context* operator->() const noexcept { return &**this; }

  friend constexpr bool operator==(const EventContext& left, const EventContext& right) noexcept {
    return left.shared_ == right.shared_ || *left == *right;
  }

 private:
  // A separate function, so that the code for events without a context stays short.
  [[gnu::noinline]] static void release(detail::SharedContext& shared) noexcept {
    if (shared.owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete &shared;
  }

  detail::SharedContext* shared_ = nullptr;
};

namespace detail {

/// The context of an event that has none.
inline constexpr EventContext no_context{};

inline std::string event_id(std::string_view event_store_id, std::string_view aggregate_id, Version version) {
  std::string id{event_store_id};
  id += '#';
  id += aggregate_id;
  id += '#';
  id += std::to_string(version);
  return id;
}

/// @param cause The id of what is handled.
inline Context context_caused_by(std::string cause, const Context& context) {
  return {context.correlation_id.empty() ? cause : context.correlation_id, std::move(cause), context.traceparent};
}

}  // namespace detail

/// @brief The context of what an event leads to: the event's correlation id, with the event as the cause. If the event
/// has no correlation id, the correlation begins with it: its own id, `store#aggregate#version`, is the correlation id.
/// A program that traces replaces `traceparent` with that of its own span.
/// @param event An `EventDetail`, an `Event`, or an `EventInfo`.
/// @code
/// trainers.push_event("ash", 7, BadgeWon{}, {.context = castore::next_context(event, pokemons.event_store_id())});
/// @endcode
template <class HandledEvent>
Context next_context(const HandledEvent& event, std::string_view event_store_id) {
  if constexpr (requires { event.context(); }) {
    return detail::context_caused_by(detail::event_id(event_store_id, event.aggregate_id(), event.version()),
                                     *event.context());
  } else {
    return detail::context_caused_by(detail::event_id(event_store_id, event.aggregate_id, event.version),
                                     *event.context);
  }
}

}  // namespace castore

#endif
