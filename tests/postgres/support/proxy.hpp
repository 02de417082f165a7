// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_POSTGRES_SUPPORT_PROXY_HPP
#define CASTORE_TESTS_POSTGRES_SUPPORT_PROXY_HPP

#include "postgres/support/postgres.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace castore::postgres_tests {

/// Stands between an adapter and the server: counts round trips, and breaks connections at chosen moments.
class Proxy {
 public:
  Proxy() : server_port_{port_in(connection())}, listener_{socket(AF_INET, SOCK_STREAM, 0)} {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 16) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error{"the proxy cannot listen"};
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread{[this] { accept_all(); }};
  }
  Proxy(Proxy&&) = delete;
  ~Proxy() {
    is_ending_ = true;
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    close(listener_);
  }

  /// How to connect through it; without TLS, so that a message is a message.
  std::string connection_string(const std::string& user = "postgres") const {
    return "host=127.0.0.1 dbname=postgres sslmode=disable gssencmode=disable port=" + std::to_string(port_) +
           " user=" + user;
  }

  /// What becomes of the next requests, one character each: '.' passes, 'x' never reaches the server and breaks its
  /// connection, 'a' is done, but its connection breaks before the answer; before the answer to 'c' comes back
  /// something else happens, once. Connecting is one request.
  void plan(const std::string& fates, std::function<void()> something_else = {}) {
    const std::lock_guard lock{mutex_};
    fates_ = fates;
    something_else_ = std::move(something_else);
  }
  /// The connections there are go silent; after 10 s they end, so that a test which meets a bug ends.
  void fall_silent() { ++silent_generation_; }
  /// What the server says comes byte by byte, one every 20 ms.
  void trickle() { trickles_ = true; }
  /// Who connects from now on gets no answer.
  void ignore_new_connections() { ignores_new_ = true; }
  /// Nobody can connect any more.
  void refuse_connections(bool refuse) { refuses_ = refuse; }

  /// How often a client waited for the end of what it had sent.
  int round_trips() const { return round_trips_; }
  int connections() const { return connections_; }

 private:
  static int port_in(const std::string& text) {
    const auto colon = text.rfind(':');
    return std::stoi(text.substr(colon + 1));
  }
  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }
  static bool is_readable(int descriptor) {
    pollfd waiting{descriptor, POLLIN, 0};
    return poll(&waiting, 1, 20) > 0;
  }
  /// Finds the messages of the protocol in what a client sends: after the first one each has a letter, then its length
  /// of four bytes, itself included. `S` (Sync) is the end of what the client waits for.
  class MessageCounter {
   public:
    int syncs(std::string_view some) {
      int count = 0;
      text_ += some;
      while (true) {
        const std::size_t before = is_first_ ? 0 : 1;
        if (text_.size() < before + 4) return count;
        std::size_t number = 0;
        for (std::size_t index = before; index < before + 4; ++index) {
          number = number * 256 + static_cast<unsigned char>(text_[index]);
        }
        const std::size_t length = before + number;
        if (text_.size() < length) return count;
        if (!is_first_ && text_.front() == 'S') ++count;
        is_first_ = false;
        text_.erase(0, length);
      }
    }

   private:
    std::string text_;
    bool is_first_ = true;
  };

  void do_something_else() {
    std::function<void()> something_else;
    {
      const std::lock_guard lock{mutex_};
      something_else = std::exchange(something_else_, {});
    }
    if (something_else) something_else();
  }
  char next_fate() {
    const std::lock_guard lock{mutex_};
    if (fates_.empty()) return '.';
    const char fate = fates_.front();
    fates_.erase(0, 1);
    return fate;
  }

  void accept_all() {
    while (!is_ending_) {
      if (!is_readable(listener_)) continue;
      const int client = accept(listener_, nullptr, nullptr);
      if (refuses_) {
        close(client);
        continue;
      }
      ++connections_;
      threads_.emplace_back([this, client] {
        const int server = socket(AF_INET, SOCK_STREAM, 0);
        const sockaddr_in address = loopback(server_port_);
        if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
          forward(client, server);
        }
        close(server);
        close(client);
      });
    }
  }

  void forward(int client, int server) {
    const int generation = ignores_new_ ? -1 : silent_generation_.load();
    std::array<char, 65536> buffer{};
    bool server_spoke_last = true;
    bool loses_answer = false;
    bool delays_answer = false;
    int rounds_of_silence = 0;
    MessageCounter counter;
    const auto copy = [&](int from, int to) {
      const bool trickles = trickles_ && from == server;
      if (trickles) std::this_thread::sleep_for(std::chrono::milliseconds{20});
      const ssize_t size = recv(from, buffer.data(), trickles ? 1 : buffer.size(), 0);
      if (from == client && size > 0) {
        round_trips_ += counter.syncs({buffer.data(), static_cast<std::size_t>(size)});
      }
      for (ssize_t sent = 0; sent < size;) {
        const ssize_t some = send(to, buffer.data() + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
        if (some <= 0) return false;
        sent += some;
      }
      return size > 0;
    };
    while (!is_ending_) {
      std::array<pollfd, 2> ends{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
      const bool is_ready = poll(ends.data(), ends.size(), 20) > 0;
      if (generation != silent_generation_) {
        if (++rounds_of_silence > 500) return;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        continue;
      }
      if (!is_ready) continue;
      if (ends[0].revents != 0) {
        if (server_spoke_last) {
          char ignored = 0;
          if (recv(client, &ignored, 1, MSG_PEEK) <= 0) return;
          const char fate = next_fate();
          if (fate == 'x') return;
          loses_answer = fate == 'a';
          delays_answer = fate == 'c';
        }
        server_spoke_last = false;
        if (!copy(client, server)) return;
      }
      if (ends[1].revents != 0) {
        if (loses_answer) return;
        if (std::exchange(delays_answer, false)) do_something_else();
        server_spoke_last = true;
        if (!copy(server, client)) return;
      }
    }
  }

  int server_port_;
  int listener_;
  int port_ = 0;
  std::atomic<bool> is_ending_{false};
  std::atomic<bool> refuses_{false};
  std::mutex mutex_;
  std::string fates_;
  std::function<void()> something_else_;
  std::atomic<int> silent_generation_{0};
  std::atomic<bool> ignores_new_{false};
  std::atomic<bool> trickles_{false};
  std::atomic<int> round_trips_{0};
  std::atomic<int> connections_{0};
  std::thread acceptor_;
  std::vector<std::thread> threads_;
};

}  // namespace castore::postgres_tests

#endif
