// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_RABBITMQ_CLIENT_HPP
#define CASTORE_MESSAGING_ADAPTERS_RABBITMQ_CLIENT_HPP

/// @file
/// The client library, and what its types and sockets need.

#include <castore/config.hpp>
#include <castore/messaging/detail/message_recipient.hpp>

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace castore::detail {

/// Text as the client library has it; it does not change what it is given.
inline amqp_bytes_t amqp_bytes(std::string_view text) noexcept {
  return {.len = text.size(), .bytes = const_cast<char*>(text.data())};
}
inline std::string_view view_of(const amqp_bytes_t& bytes) noexcept {
  return bytes.len == 0 ? std::string_view{} : std::string_view{static_cast<const char*>(bytes.bytes), bytes.len};
}
inline std::string text_of(const amqp_bytes_t& bytes) { return std::string{view_of(bytes)}; }

/// Entries of tables. What they are given must outlive them.
inline amqp_table_entry_t text_entry(std::string_view key, std::string_view text) noexcept {
  amqp_table_entry_t entry{};
  entry.key = amqp_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = amqp_bytes(text);
  return entry;
}
inline amqp_table_entry_t true_entry(std::string_view key) noexcept {
  amqp_table_entry_t entry{};
  entry.key = amqp_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = 1;
  return entry;
}

/// A header's value as text, nothing when it is none that messages have.
inline std::optional<std::string> text_of_field(const amqp_field_value_t& field) {
  switch (field.kind) {
    case AMQP_FIELD_KIND_UTF8:
    case AMQP_FIELD_KIND_BYTES:
      return text_of(field.value.bytes);
    case AMQP_FIELD_KIND_BOOLEAN:
      return field.value.boolean != 0 ? "true" : "false";
    case AMQP_FIELD_KIND_I8:
      return std::to_string(field.value.i8);
    case AMQP_FIELD_KIND_I16:
      return std::to_string(field.value.i16);
    case AMQP_FIELD_KIND_I32:
      return std::to_string(field.value.i32);
    case AMQP_FIELD_KIND_I64:
      return std::to_string(field.value.i64);
    default:
      return std::nullopt;
  }
}

/// A cast to a type that has other names, and sizes, elsewhere.
template <class To, class From>
void assign(To& to, From from) noexcept {
  to = static_cast<To>(from);
}

inline timeval timeval_until(SteadyTime deadline) noexcept {
  const auto now = std::chrono::steady_clock::now();
  const auto left =
      deadline <= now ? std::chrono::microseconds{0} : std::chrono::ceil<std::chrono::microseconds>(deadline - now);
  constexpr std::chrono::microseconds::rep second = 1'000'000;
  timeval time{};
  assign(time.tv_sec, left.count() / second);
  assign(time.tv_usec, left.count() % second);
  return time;
}

/// Waits until a socket can be read, or also until it can be written to. @return Whether it can be written to.
inline bool poll_rabbitmq_socket(int fd, bool to_write, SteadyTime deadline) noexcept {
  const auto now = std::chrono::steady_clock::now();
  constexpr std::chrono::milliseconds longest = std::chrono::hours{1};
  const auto left = deadline <= now ? std::chrono::milliseconds{0}
                                    : (std::min)(longest, std::chrono::ceil<std::chrono::milliseconds>(deadline - now));
  pollfd asked{.fd = fd, .events = static_cast<short>(to_write ? POLLIN | POLLOUT : POLLIN), .revents = 0};
  ::poll(&asked, 1, static_cast<int>(left.count()));
  return (asked.revents & POLLOUT) != 0;
}

/// A connection that is dead is noticed by the kernel, whatever this program does meanwhile: heartbeats would need a
/// thread, or end a connection whose message is handled for long.
inline void tune_rabbitmq_socket(int fd, std::chrono::milliseconds timeout) noexcept {
  const auto set = [fd](int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof(value)); };
  // A socket counts as writable when a third of this is free, which is more than what is then written.
  set(SOL_SOCKET, SO_SNDBUF, 262'144);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
  set(IPPROTO_TCP, TCP_KEEPIDLE, 15);  // seconds
#endif
#ifdef TCP_KEEPINTVL
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
#endif
#ifdef TCP_KEEPCNT
  set(IPPROTO_TCP, TCP_KEEPCNT, 4);
#endif
#ifdef TCP_USER_TIMEOUT
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>((std::min)(timeout, std::chrono::milliseconds{60'000}).count()));
#else
  (void)timeout;
#endif
}

/// Whether what the broker refused may be done a little later. @param text What it said.
/// Source: AMQP 0-9-1, reply codes; RabbitMQ, "Common channel-level exceptions".
inline bool is_retryable_rabbitmq_code(int code, std::string_view text) noexcept {
  switch (code) {
    case 404:  // a queue whose node is down is not found, either
      return text.find("inaccessible") != std::string_view::npos || text.find("stopped") != std::string_view::npos;
    case 406:  // precondition failed, or a message was not acknowledged within consumer_timeout
      return text.find("timed out") != std::string_view::npos;
    case 402:  // invalid path
    case 403:  // access refused
    case 501:  // frame error
    case 502:  // syntax error
    case 503:  // command invalid
    case 504:  // channel error
    case 505:  // unexpected frame
    case 530:  // not allowed
    case 540:  // not implemented
      return false;
    default:
      return true;
  }
}

}  // namespace castore::detail

#endif
