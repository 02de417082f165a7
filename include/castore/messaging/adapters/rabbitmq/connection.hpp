// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_RABBITMQ_CONNECTION_HPP
#define CASTORE_MESSAGING_ADAPTERS_RABBITMQ_CONNECTION_HPP

#include <castore/config.hpp>
#include <castore/messaging/adapters/rabbitmq/client.hpp>
#include <castore/messaging/adapters/rabbitmq/errors.hpp>
#include <castore/messaging/adapters/rabbitmq/settings.hpp>
#include <castore/messaging/detail/message_recipient.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

/// What the broker says of its own accord.
struct RabbitMqIncoming {
  enum class Kind { ack, nack, returned, delivery, unblocked };
  Kind kind = Kind::unblocked;
  std::uint64_t tag = 0;
  bool multiple = false;  ///< Of confirmations: all up to the tag.
  std::string text{};     ///< Why it was returned.
  std::string content_type{};
  std::map<std::string, std::string> headers{};  ///< Texts, numbers and truth values.
  std::string body{};
};

/// One connection to a broker with one channel. One thread at a time may use it, but for `wait`.
/// Source: AMQP 0-9-1 and RabbitMQ's extensions of it.
class RabbitMqConnection {
 public:
  static constexpr amqp_channel_t channel = 1;

  /// Connects, logs in and opens the channel. @throws RabbitMqError
  RabbitMqConnection(const RabbitMqSettings& settings, SteadyTime deadline)
      : broker_{settings.broker()}, state_{amqp_new_connection()} {
    if (!state_) throw std::bad_alloc{};
    amqp_socket_t* const socket = settings.uses_tls ? tls_socket(settings) : amqp_tcp_socket_new(state());
    if (socket == nullptr) throw std::bad_alloc{};
    timeval time = timeval_until(deadline);
    expect_ok(amqp_socket_open_noblock(socket, settings.host.c_str(), settings.port, &time), "cannot connect: ");
    fd_ = amqp_get_sockfd(state());
    tune_rabbitmq_socket(fd_, settings.options.timeout);
    time = timeval_until(deadline);
    amqp_set_handshake_timeout(state(), &time);
    amqp_set_rpc_timeout(state(), &time);
    constexpr int frame_max = 131'072;
    // The broker then says when it takes no messages, and when it ends a subscription.
    amqp_table_entry_t wishes[] = {true_entry("connection.blocked"), true_entry("consumer_cancel_notify")};
    amqp_table_entry_t capabilities{};
    capabilities.key = amqp_bytes("capabilities");
    capabilities.value.kind = AMQP_FIELD_KIND_TABLE;
    capabilities.value.value.table = {.num_entries = 2, .entries = wishes};
    const amqp_table_t properties{.num_entries = 1, .entries = &capabilities};
    expect_normal(amqp_login_with_properties(state(), settings.virtual_host.c_str(), channel, frame_max, 0, &properties,
                                             AMQP_SASL_METHOD_PLAIN, settings.user.c_str(), settings.password.c_str()),
                  "cannot log in: ");
    ask(deadline, [&] { amqp_channel_open(state(), channel); });
    is_open_ = true;
  }
  RabbitMqConnection(const RabbitMqConnection&) = delete;
  RabbitMqConnection& operator=(const RabbitMqConnection&) = delete;
  ~RabbitMqConnection() { close(); }

  /// Ends it, and wakes those who wait. Unless it has failed the broker is told, which else might not read what was
  /// sent last.
  void close() noexcept {
    if (is_open_) {
      is_open_ = false;
      tell_of_end();
    }
    // Where the client library has closed the socket itself, its number may be another's by now.
    if (const int fd = amqp_get_sockfd(state()); fd >= 0) ::shutdown(fd, SHUT_RDWR);
  }

  /// Asks for something that is answered, by one of the client library's functions. @throws RabbitMqError
  template <class Function>
  void ask(SteadyTime deadline, const Function& function) {
    timeval time = timeval_until(deadline);
    amqp_set_rpc_timeout(state(), &time);
    function();
    expect_normal(amqp_get_rpc_reply(state()));
  }

  /// Sends something that is not answered. @param function Returns what the client library does. @throws RabbitMqError
  template <class Function>
  void send(SteadyTime deadline, const Function& function) {
    wait_until_writable(deadline);
    expect_ok(function());
  }

  /// @param exchange @param key Up to 255 bytes, as AMQP has it. @throws RabbitMqError
  void publish(std::string_view exchange, std::string_view key, const amqp_basic_properties_t& properties,
               std::string_view body, SteadyTime deadline) {
    // A socket that is writable has room for that much, so that the client library does not wait, which it would do
    // without an end.
    constexpr std::size_t part = 16'384;
    if (body.size() <= part) {
      return send(deadline, [&] {
        return amqp_basic_publish(state(), channel, amqp_bytes(exchange), amqp_bytes(key), 1, 0, &properties,
                                  amqp_bytes(body));
      });
    }
    amqp_basic_publish_t method{
        .ticket = 0, .exchange = amqp_bytes(exchange), .routing_key = amqp_bytes(key), .mandatory = 1, .immediate = 0};
    send(deadline, [&] { return amqp_send_method(state(), channel, AMQP_BASIC_PUBLISH_METHOD, &method); });
    amqp_frame_t frame{};
    frame.channel = channel;
    frame.frame_type = AMQP_FRAME_HEADER;
    frame.payload.properties.class_id = AMQP_BASIC_CLASS;
    frame.payload.properties.body_size = body.size();
    frame.payload.properties.decoded = const_cast<amqp_basic_properties_t*>(&properties);  // it is read only
    send(deadline, [&] { return amqp_send_frame(state(), &frame); });
    for (; !body.empty(); body.remove_prefix((std::min)(part, body.size()))) {
      frame = {};
      frame.channel = channel;
      frame.frame_type = AMQP_FRAME_BODY;
      frame.payload.body_fragment = amqp_bytes(body.substr(0, part));
      send(deadline, [&] { return amqp_send_frame(state(), &frame); });
    }
  }

  /// What has come next, which is waited for until the deadline. @throws RabbitMqError
  std::optional<RabbitMqIncoming> next(SteadyTime deadline) {
    while (incoming_.empty()) {
      if (!read_frame(deadline)) return std::nullopt;
    }
    RabbitMqIncoming first = std::move(incoming_.front());
    incoming_.pop_front();
    return first;
  }
  /// Whether something has come that `next` has not given yet.
  bool has_next() const noexcept { return !incoming_.empty(); }

  /// Waits until there may be something to read. Any thread may do so, while others use the connection.
  void wait(SteadyTime deadline) const { poll_rabbitmq_socket(fd_, false, deadline); }

  /// Ends it as what was waited for has not come. @throws RabbitMqError
  [[noreturn]] void fail_late(std::string_view what) {
    fail(0, blocked_ ? "it takes no messages at the moment: " + *blocked_ : std::string{what}, true);
  }

  /// Why the broker takes no messages, unless it does.
  const std::optional<std::string>& blocked() const noexcept { return blocked_; }
  amqp_connection_state_t state() const noexcept { return state_.get(); }
  const std::string& broker() const noexcept { return broker_; }

 private:
  struct Destroy {
    void operator()(amqp_connection_state_t_* state) const noexcept { amqp_destroy_connection(state); }
  };

  amqp_socket_t* tls_socket(const RabbitMqSettings& settings) {
    amqp_socket_t* const socket = amqp_ssl_socket_new(state());
    if (socket == nullptr) return nullptr;
    const RabbitMqTls& tls = settings.options.tls;
    amqp_ssl_socket_set_verify_peer(socket, tls.verify ? 1 : 0);
    amqp_ssl_socket_set_verify_hostname(socket, tls.verify ? 1 : 0);
    const auto expect_read = [&](int status, const std::string& file) {
      if (status != AMQP_STATUS_OK) fail(0, "cannot read " + in_quotes(file), false);
    };
    if (!tls.ca_file.empty()) expect_read(amqp_ssl_socket_set_cacert(socket, tls.ca_file.c_str()), tls.ca_file);
    if (!tls.certificate_file.empty()) {
      expect_read(amqp_ssl_socket_set_key(socket, tls.certificate_file.c_str(), tls.key_file.c_str()),
                  tls.certificate_file + " or " + tls.key_file);
    }
    return socket;
  }

  /// The client library's own function closes the socket when no answer comes in time. Other threads may still wait for
  /// that socket, so the two messages are sent and read here.
  void tell_of_end() noexcept {
    const SteadyTime deadline = time_after(std::chrono::seconds{1});
    if (!poll_rabbitmq_socket(fd_, true, deadline)) return;
    amqp_connection_close_t method{};
    method.reply_code = AMQP_REPLY_SUCCESS;
    if (amqp_send_method(state(), 0, AMQP_CONNECTION_CLOSE_METHOD, &method) != AMQP_STATUS_OK) return;
    amqp_frame_t frame{};
    for (bool is_answered = false; !is_answered;) {
      timeval time = timeval_until(deadline);
      if (amqp_simple_wait_frame_noblock(state(), &frame, &time) != AMQP_STATUS_OK) return;
      is_answered = frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_CONNECTION_CLOSE_OK_METHOD;
      amqp_maybe_release_buffers(state());
    }
  }

  [[noreturn]] void fail(int code, std::string_view text, bool retryable) {
    is_open_ = false;
    throw RabbitMqError{broker_, code, text, retryable};
  }
  [[noreturn]] void fail_with_status(int status, const char* what) {
    const bool may_help = status != AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED &&
                          status != AMQP_STATUS_SSL_PEER_VERIFY_FAILED && status != AMQP_STATUS_TABLE_TOO_BIG &&
                          status != AMQP_STATUS_INCOMPATIBLE_AMQP_VERSION;
    fail(0, what + std::string{amqp_error_string2(status)}, may_help);
  }
  void expect_ok(int status, const char* what = "") {
    if (status < 0) fail_with_status(status, what);
  }
  void expect_normal(const amqp_rpc_reply_t& reply, const char* what = "") {
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) fail_with_close(reply.reply, what);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail_with_status(reply.library_error, what);
    amqp_maybe_release_buffers(state());
  }
  /// The broker has closed the channel or the connection. Either ends both.
  [[noreturn]] void fail_with_close(const amqp_method_t& method, const char* what = "") {
    int code = 0;
    std::string text{"it closed the connection"};
    if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
      const auto& close = *static_cast<const amqp_channel_close_t*>(method.decoded);
      code = close.reply_code;
      text = text_of(close.reply_text);
      amqp_channel_close_ok_t answer{};
      if (poll_rabbitmq_socket(fd_, true, SteadyTime{})) {
        amqp_send_method(state(), channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &answer);
      }
    } else if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
      const auto& close = *static_cast<const amqp_connection_close_t*>(method.decoded);
      code = close.reply_code;
      text = text_of(close.reply_text);
      amqp_connection_close_ok_t answer{};
      if (poll_rabbitmq_socket(fd_, true, SteadyTime{})) {
        amqp_send_method(state(), 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &answer);
      }
    }
    fail(code, what + text, is_retryable_rabbitmq_code(code, text));
  }

  void wait_until_writable(SteadyTime deadline) {
    while (!poll_rabbitmq_socket(fd_, true, deadline)) {
      // The broker may be waiting for us to read, or say why it does not.
      while (read_frame(SteadyTime{})) {
      }
      if (std::chrono::steady_clock::now() >= deadline) fail_late("it does not read what is sent");
    }
  }

  /// @return Whether there was a frame. @throws RabbitMqError
  bool read_frame(SteadyTime deadline) {
    amqp_frame_t frame{};
    timeval time = timeval_until(deadline);
    const int status = amqp_simple_wait_frame_noblock(state(), &frame, &time);
    if (status == AMQP_STATUS_TIMEOUT) return false;
    expect_ok(status);
    if (frame.frame_type == AMQP_FRAME_METHOD) {
      read_method(frame.payload.method);
    } else if (frame.frame_type == AMQP_FRAME_HEADER && unfinished_) {
      read_properties(*static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded));
      missing_ = frame.payload.properties.body_size;
      finish();
    } else if (frame.frame_type == AMQP_FRAME_BODY && unfinished_) {
      const std::string_view body = view_of(frame.payload.body_fragment);
      if (body.size() > missing_) fail(0, "it sent more than it said", true);
      unfinished_->body += body;
      missing_ -= body.size();
      finish();
    }
    amqp_maybe_release_buffers(state());
    return true;
  }

  void read_method(const amqp_method_t& method) {
    using Kind = RabbitMqIncoming::Kind;
    switch (method.id) {
      case AMQP_BASIC_ACK_METHOD: {
        const auto& ack = *static_cast<const amqp_basic_ack_t*>(method.decoded);
        incoming_.push_back({.kind = Kind::ack, .tag = ack.delivery_tag, .multiple = ack.multiple != 0});
        break;
      }
      case AMQP_BASIC_NACK_METHOD: {
        const auto& nack = *static_cast<const amqp_basic_nack_t*>(method.decoded);
        incoming_.push_back({.kind = Kind::nack, .tag = nack.delivery_tag, .multiple = nack.multiple != 0});
        break;
      }
      case AMQP_BASIC_RETURN_METHOD:
        unfinished_ = {.kind = Kind::returned,
                       .text = text_of(static_cast<const amqp_basic_return_t*>(method.decoded)->reply_text)};
        break;
      case AMQP_BASIC_DELIVER_METHOD:
        unfinished_ = {.kind = Kind::delivery,
                       .tag = static_cast<const amqp_basic_deliver_t*>(method.decoded)->delivery_tag};
        break;
      case AMQP_BASIC_CANCEL_METHOD:
        fail(0, "it has ended the subscription, as it does when the queue is deleted", true);
      case AMQP_CONNECTION_BLOCKED_METHOD:
        blocked_ = text_of(static_cast<const amqp_connection_blocked_t*>(method.decoded)->reason);
        break;
      case AMQP_CONNECTION_UNBLOCKED_METHOD:
        blocked_.reset();
        incoming_.push_back({.kind = Kind::unblocked});
        break;
      case AMQP_CHANNEL_CLOSE_METHOD:
      case AMQP_CONNECTION_CLOSE_METHOD:
        fail_with_close(method);
      default:
        break;
    }
  }

  void read_properties(const amqp_basic_properties_t& properties) {
    if ((properties._flags & AMQP_BASIC_CONTENT_TYPE_FLAG) != 0) {
      unfinished_->content_type = view_of(properties.content_type);
    }
    if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return;
    for (int index = 0; index < properties.headers.num_entries; ++index) {
      const amqp_table_entry_t& entry = properties.headers.entries[index];
      if (std::optional<std::string> text = text_of_field(entry.value)) {
        unfinished_->headers.insert_or_assign(std::string{view_of(entry.key)}, *std::move(text));
      }
    }
  }

  void finish() {
    if (missing_ > 0) return;
    incoming_.push_back(*std::move(unfinished_));
    unfinished_.reset();
  }

  std::string broker_;
  std::unique_ptr<amqp_connection_state_t_, Destroy> state_;
  int fd_ = -1;
  bool is_open_ = false;
  std::deque<RabbitMqIncoming> incoming_;
  std::optional<RabbitMqIncoming> unfinished_;  ///< Its properties or body are still to come.
  std::uint64_t missing_ = 0;                   ///< Bytes of its body.
  std::optional<std::string> blocked_;
};

}  // namespace castore::detail

#endif
