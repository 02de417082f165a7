// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_RABBITMQ_PROXY_HPP
#define CASTORE_TESTS_RABBITMQ_PROXY_HPP

/// @file
/// What is between a client and the node, and cuts connections when it is told to.

#include "rabbitmq/support.hpp"

#include <castore/messaging/adapters/rabbitmq/settings.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace castore::rabbitmq_tests {

enum class Fault {
  none,
  cut_now,      ///< All connections end.
  cut_request,  ///< The next that a client sends does not arrive, and its connection ends.
  cut_answer,   ///< The next that the node sends does not arrive, and its connection ends.
  silent        ///< Nothing is read from clients.
};

/// Connections through it go to the node. A cut happens once.
class Proxy {
 public:
  Proxy() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 50) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error{"the proxy cannot listen"};
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread{[this](const std::stop_token& stop) { serve(stop); }};
  }
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;
  ~Proxy() {
    thread_.request_stop();
    thread_.join();
    for (const Pair& pair : pairs_) close(pair);
    ::close(listener_);
  }

  std::string url() const { return "amqp://castore:secret@127.0.0.1:" + std::to_string(port_); }
  void set(Fault fault) { fault_ = fault; }
  /// Waits until a cut has happened.
  void wait_for_cut() const {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (fault_ != Fault::none) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error{"nothing was cut"};
      std::this_thread::yield();
    }
  }
  /// How many connections there have been.
  int connections() const { return connections_; }

 private:
  struct Pair {
    int client = -1;
    int node = -1;
  };

  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }
  static void close(const Pair& pair) {
    ::close(pair.client);
    ::close(pair.node);
  }

  void accept_one() {
    Pair pair{.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC),
              .node = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const sockaddr_in address = loopback(detail::RabbitMqSettings::parse(server_url(), {}).port);
    if (::connect(pair.node, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return close(pair);
    pairs_.push_back(pair);
    ++connections_;
  }

  /// @return Whether the connection goes on.
  bool pass_on(int from, int to, Fault cut) {
    std::array<char, 65'536> buffer{};
    const auto size = ::recv(from, buffer.data(), buffer.size(), 0);
    if (size <= 0) return false;
    Fault expected = cut;
    if (fault_.compare_exchange_strong(expected, Fault::none)) return false;
    for (std::size_t sent = 0; sent < static_cast<std::size_t>(size);) {
      const auto part = ::send(to, buffer.data() + sent, static_cast<std::size_t>(size) - sent, MSG_NOSIGNAL);
      if (part <= 0) return false;
      sent += static_cast<std::size_t>(part);
    }
    return true;
  }

  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (fault_ == Fault::cut_now) {
        for (const Pair& pair : pairs_) close(pair);
        pairs_.clear();
        fault_ = Fault::none;
      }
      const short from_clients = fault_ == Fault::silent ? 0 : POLLIN;
      std::vector<pollfd> polled{{.fd = listener_, .events = POLLIN, .revents = 0}};
      for (const Pair& pair : pairs_) {
        polled.push_back({.fd = pair.client, .events = from_clients, .revents = 0});
        polled.push_back({.fd = pair.node, .events = POLLIN, .revents = 0});
      }
      ::poll(polled.data(), polled.size(), 5);
      std::vector<Pair> kept;
      for (std::size_t index = 0; index < pairs_.size(); ++index) {
        const Pair pair = pairs_[index];
        bool goes_on = true;
        if ((polled[1 + 2 * index].revents & ~POLLNVAL) != 0 && fault_ != Fault::silent) {
          goes_on = pass_on(pair.client, pair.node, Fault::cut_request);
        }
        if (goes_on && polled[2 + 2 * index].revents != 0) {
          goes_on = pass_on(pair.node, pair.client, Fault::cut_answer);
        }
        if (goes_on) {
          kept.push_back(pair);
        } else {
          close(pair);
        }
      }
      pairs_ = kept;
      if (polled[0].revents != 0) accept_one();
    }
  }

  int listener_ = -1;
  int port_ = 0;
  std::atomic<Fault> fault_{Fault::none};
  std::atomic<int> connections_{0};
  std::vector<Pair> pairs_;
  std::jthread thread_;
};

}  // namespace castore::rabbitmq_tests

#endif
