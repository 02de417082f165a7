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

/// @brief To which request an event belongs and what led to it. It travels with a push: into the storage, into
/// messages, and from the event that is handled to those that it leads to (`next_context`).
///
/// Parts that are empty are not there. It is stored as the member `$context` of the event's metadata, which its payload
/// need not declare and its `Metadata` never has; a program that does not know it, as one of Castore's for Node.js,
/// sees it as metadata.
///
/// **Errors:** a push throws `InvalidEventError` (fix), whose field is `context.correlation_id` and so on, when a part
/// is not UTF-8 without NUL or too long, or `traceparent` has not the form that W3C gives it; and whose field is
/// `metadata` when the event has metadata that are not an object, as a text or a number: those have no room for it.
/// @code
/// pokemons.push_event("pikachu", 2, PokemonLeveledUp{}, {.context = castore::Context{.correlation_id = request_id}});
/// @endcode
struct Context {
  /// @brief The same for all that one request led to: where it is empty, `next_context` begins one. At most
  /// `max_context_id_size` bytes.
  std::string correlation_id{};
  /// @brief What directly led to the event: the id of a request, or that of an event, `store#aggregate#version`. At
  /// most `max_context_id_size` bytes.
  std::string causation_id{};
  /// @brief The span that the event belongs to, as the HTTP header of this name has it. Source: W3C Trace Context 1.
  std::string traceparent{};

  /// @brief True when it says nothing.
  bool is_empty() const noexcept { return correlation_id.empty() && causation_id.empty() && traceparent.empty(); }

  friend bool operator==(const Context&, const Context&) = default;
};

/// @brief The longest `correlation_id` and `causation_id`, in bytes: the name of any event fits.
inline constexpr std::size_t max_context_id_size = 2 * 65'536 + 32;

namespace detail {

struct SharedContext {
  Context context;
  std::atomic<std::size_t> owners{1};
};
inline const Context empty_context{};

}  // namespace detail

/// @brief The context of an event, as large as a pointer: nothing, or one that its copies share and nobody changes.
/// @code
/// if (event.context) std::cout << event.context->correlation_id << '\n';
/// @endcode
class EventContext {
 public:
  constexpr EventContext() noexcept = default;
  /// @brief Has the context, or nothing where that is empty.
  EventContext(Context context) {  // NOLINT(google-explicit-constructor): a context is one of an event
    if (!context.is_empty()) shared_ = new detail::SharedContext{std::move(context)};
  }
  /// @brief Shares the other's.
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

  /// @brief True when there is one.
  constexpr explicit operator bool() const noexcept { return shared_ != nullptr; }
  /// @brief The context; an empty one where there is none. It lives as long as this object is not assigned to.
  const Context& operator*() const noexcept { return shared_ ? shared_->context : detail::empty_context; }
  /// @brief Its parts.
  const Context* operator->() const noexcept { return &**this; }

  friend constexpr bool operator==(const EventContext& left, const EventContext& right) noexcept {
    return left.shared_ == right.shared_ || *left == *right;
  }

 private:
  // A function of its own, so that what has no context stays short.
  [[gnu::noinline]] static void release(detail::SharedContext& shared) noexcept {
    if (shared.owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete &shared;
  }

  detail::SharedContext* shared_ = nullptr;
};

namespace detail {

/// Of an event that has none.
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

/// @brief The context of what an event leads to: its correlation id, and the event as the cause. An event without a
/// correlation id is where the correlation begins: it is then the event's id, `store#aggregate#version`. A program that
/// traces replaces `traceparent` by that of its own span.
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
