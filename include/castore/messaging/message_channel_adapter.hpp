// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_MESSAGE_CHANNEL_ADAPTER_HPP
#define CASTORE_MESSAGING_MESSAGE_CHANNEL_ADAPTER_HPP

/// @file
/// The contract between a message channel and what carries its messages: one function. The laws behind it are the tests
/// of `castore/testing/message_channel_conformance.hpp`.

#include <castore/detail/type_identity.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_json.hpp>

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace castore {

/// @brief Options of publishing.
struct PublishMessageOptions {
  bool replay = false;  ///< The messages tell of the past; whoever has heard of it already may want to ignore them.
};

/// @brief A message as adapters see it: typed for who knows the type, JSON for who sends it away. A view of a message,
/// valid during the call that receives it.
class MessageView {
 public:
  /// @brief A view of a message, which must outlive it.
  template <MessageType Message>
  explicit MessageView(const Message& message)
      : message_{&message},
        type_{&detail::type_identity_tag<Message>},
        to_json_{&encode<Message>},
        kind_{message_kind<Message>},
        header_{message_header(message)} {}
  template <MessageType Message>
  explicit MessageView(const Message&& message) = delete;

  /// @brief The kind of the message.
  MessageKind kind() const noexcept { return kind_; }
  /// @brief What it says of itself: store, aggregate, version, type, time.
  const MessageHeader& header() const noexcept { return header_; }

  /// @brief The message in Castore's shape. Made again by every call.
  /// @throws EventEncodeError, InvalidMessageError (fix: something in it has no JSON form, or its type has no codec)
  std::string to_json() const { return to_json_(message_); }

  /// @brief The message itself when it has this type, else a null pointer.
  template <MessageType Message>
  const Message* get_if() const noexcept {
    return type_ == &detail::type_identity_tag<Message> ? static_cast<const Message*>(message_) : nullptr;
  }

 private:
  template <class Message>
  static std::string encode(const void* message) {
    if constexpr (EncodableMessage<Message>) {
      return detail::message_to_text(*static_cast<const Message*>(message));
    } else {
      throw InvalidMessageError{"event", "a payload or aggregate of this message has no codec"};
    }
  }

  const void* message_;
  const void* type_;
  std::string (*to_json_)(const void*);
  MessageKind kind_;
  MessageHeader header_;
};

/// @brief Takes the messages over, in this order, or refuses: then `MessagesNotPublishedError` names those it did not
/// take over, and after any other exception none were. It may block. Messages of one aggregate are handed on in the
/// order of the calls.
template <class Adapter>
concept PublishesMessages =
    requires(Adapter& adapter, std::span<const MessageView> messages, const PublishMessageOptions& options) {
      { adapter.publish_messages(messages, options) } -> std::same_as<void>;
    };

/// @brief Carries messages. Any number of threads may use one adapter object at the same time.
///
/// Two constants are optional: `using Message = ...` when it carries messages of one type only;
/// `static constexpr bool needs_json = true` when it calls `to_json()`: a channel whose messages have no JSON form then
/// does not compile.
template <class Adapter>
concept MessageChannelAdapter = PublishesMessages<Adapter>;

/// @brief Says which function an adapter lacks and its exact signature.
/// Write `static_assert(castore::explain_message_channel_adapter<MyAdapter>());` below your adapter.
template <class Adapter>
consteval bool explain_message_channel_adapter() {
  static_assert(PublishesMessages<Adapter>,
                "castore: this message channel adapter needs a public member function "
                "`void publish_messages(std::span<const castore::MessageView> messages, "
                "const castore::PublishMessageOptions& options)`");
  return MessageChannelAdapter<Adapter>;
}

namespace detail {

/// Checks that an adapter can carry the messages of a channel so that a compiler's error names both.
template <class Adapter, class Message>
constexpr bool check_channel_adapter() {
  bool is_valid = explain_message_channel_adapter<Adapter>();
  if constexpr (requires { typename Adapter::Message; }) {
    constexpr bool fits = std::same_as<typename Adapter::Message, Message>;
    static_assert(fits,
                  "castore: this adapter carries messages of another type than this channel; make it with the "
                  "channel's type `Channel::Message`");
    is_valid = is_valid && fits;
  }
  if constexpr (requires { Adapter::needs_json; }) {
    constexpr bool has_json = !Adapter::needs_json || EncodableMessage<Message>;
    static_assert(has_json,
                  "castore: this adapter sends messages as JSON, but a payload or aggregate of this channel cannot be "
                  "encoded; write in it NLOHMANN_DEFINE_TYPE_INTRUSIVE(TheType, its, fields), or specialise "
                  "castore::codec<TheType>");
    is_valid = is_valid && has_json;
  }
  return is_valid;
}

}  // namespace detail

/// @brief A handle on an adapter of any type, its own or somebody else's; copies refer to the same adapter.
class AnyMessageChannelAdapter {
 public:
  AnyMessageChannelAdapter() = default;

  /// @brief Refers to an adapter that must outlive the handle.
  template <MessageChannelAdapter Adapter>
    requires(!std::same_as<Adapter, AnyMessageChannelAdapter>)
  explicit AnyMessageChannelAdapter(Adapter& adapter)
      : AnyMessageChannelAdapter{std::shared_ptr<Adapter>{std::shared_ptr<void>{}, &adapter}} {}

  /// @brief Shares an adapter.
  template <MessageChannelAdapter Adapter>
    requires(!std::same_as<Adapter, AnyMessageChannelAdapter>)
  explicit AnyMessageChannelAdapter(std::shared_ptr<Adapter> adapter)
      : publish_{[](void* self, std::span<const MessageView> messages, const PublishMessageOptions& options) {
          static_cast<Adapter*>(self)->publish_messages(messages, options);
        }},
        adapter_{std::move(adapter)} {}

  /// @brief True when it refers to an adapter.
  explicit operator bool() const noexcept { return adapter_ != nullptr; }

  /// @brief The operation of the adapter contract. @pre The handle refers to an adapter.
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) const {
    publish_(adapter_.get(), messages, options);
  }

  /// @brief True when both refer to the same adapter object.
  friend bool operator==(const AnyMessageChannelAdapter& left, const AnyMessageChannelAdapter& right) noexcept {
    return left.adapter_ == right.adapter_;
  }

 private:
  void (*publish_)(void*, std::span<const MessageView>, const PublishMessageOptions&) = nullptr;
  std::shared_ptr<void> adapter_;
};

static_assert(MessageChannelAdapter<AnyMessageChannelAdapter>);

}  // namespace castore

#endif
