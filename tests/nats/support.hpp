// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_NATS_SUPPORT_HPP
#define CASTORE_TESTS_NATS_SUPPORT_HPP

/// @file
/// What the tests of NATS share: the server of server.sh, servers of their own, streams, a proxy that breaks
/// connections.

#include <castore/messaging/adapters/nats.hpp>

#include "messaging/broker_support.hpp"
#include "support/catch.hpp"
#include "support/place.hpp"

#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX says that programs declare it

namespace castore::nats_tests {

using Json = nlohmann::json;
using namespace broker_tests;

/// Where server.sh's server listens.
inline const std::string& server_url() {
  static const std::string url = [] {
    std::ifstream file{std::string{castore_tests::place::server} + "/address"};
    std::string text;
    if (!std::getline(file, text))
      throw std::runtime_error{"the server does not run; start it by tests/nats/server.sh"};
    return text;
  }();
  return url;
}

inline std::shared_ptr<NatsConnection> connect(const std::string& url = server_url()) {
  return std::make_shared<NatsConnection>(url);
}

/// Characters that no other test, of no other program, uses.
inline std::string unique_name() {
  static std::atomic<int> count{0};
  return "T" + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

/// A stream of its own.
class Stream {
 public:
  explicit Stream(const std::string& url = server_url(), const Json& config = Json::object())
      : connection_{connect(url)} {
    Json whole{{"name", name_},
               {"subjects", {name_ + ".>"}},
               {"retention", "limits"},
               {"storage", "file"},
               {"num_replicas", 1}};
    whole.update(config);
    connection_->ask("STREAM.CREATE." + name_, whole);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    try {
      connection_->ask("STREAM.DELETE." + name_, Json::object());
    } catch (const NatsError&) {  // its server may be gone
    }
  }

  const std::string& name() const { return name_; }
  const std::shared_ptr<NatsConnection>& connection() const { return connection_; }

  /// How many messages it has.
  std::int64_t size() const {
    return detail::number_at(connection_->ask("STREAM.INFO." + name_, Json::object())["state"], "messages");
  }
  /// How many messages a consumer has not handled.
  std::int64_t left(const std::string& durable) const {
    const Json info = connection_->ask("CONSUMER.INFO." + name_ + "." + durable, Json::object());
    return detail::number_at(info, "num_pending") + detail::number_at(info, "num_ack_pending");
  }
  /// What stands there, as `a1`.
  Log contents() const {
    Log names;
    const std::shared_ptr<NatsConnection> connection = connection_;
    detail::NatsDurable reader{
        connection,
        {.stream = name_, .durable = unique_name(), .ack_wait = std::chrono::seconds{60}, .max_messages = 10'000}};
    // A busy server does not hand all of them out at once.
    while (std::cmp_less(names.size(), size())) {
      const auto messages = reader.pull(std::chrono::steady_clock::now() + std::chrono::seconds{30});
      if (messages.empty()) break;
      for (const auto& one : messages) {
        const Json event = Json::parse(detail::data_of(one.message.get()))["event"];
        names.push_back(event["aggregateId"].get<std::string>() + std::to_string(event["version"].get<int>()));
      }
    }
    return names;
  }

 private:
  std::string name_ = unique_name();
  std::shared_ptr<NatsConnection> connection_;
};

inline int free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool is_found = ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                        ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(listener);
  if (!is_found) throw std::runtime_error{"there is no free port"};
  return ntohs(address.sin_port);
}

inline pid_t start_program(std::vector<std::string> words, const std::string& output) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error{words[0] + " cannot be started"};
  return pid;
}

inline void kill_program(pid_t pid) {
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

/// A server of its own, as it is to be killed.
class OwnServer {
 public:
  OwnServer() { start(); }
  OwnServer(OwnServer&&) = delete;
  ~OwnServer() {
    stop();
    std::filesystem::remove_all(directory_);
  }

  std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }
  void stop() {
    if (pid_ != 0) kill_program(std::exchange(pid_, 0));
  }
  void start() {
    std::filesystem::create_directories(directory_);
    const auto found = [](const char* path) { return std::filesystem::exists(path); };
    pid_ = start_program({found("/usr/sbin/nats-server") ? "/usr/sbin/nats-server" : "nats-server", "--addr",
                          "127.0.0.1", "--port", std::to_string(port_), "--jetstream", "--store_dir", directory_},
                         directory_ + "/log");
    const auto answers = [this] {
      try {
        NatsConnection{url()}.ask("INFO", Json::object());
        return true;
      } catch (const NatsError&) {
        return false;
      }
    };
    if (!eventually(answers)) throw std::runtime_error{"the server does not start"};
  }
  void kill_and_restart() {
    stop();
    start();
  }

 private:
  std::string directory_ = std::string{castore_tests::place::server} + "/own/" + unique_name();
  int port_ = free_port();
  pid_t pid_ = 0;
};

/// Stands between a client and the server, and breaks connections at chosen moments.
class Proxy {
 public:
  explicit Proxy(const std::string& server = server_url())
      : server_port_{std::stoi(server.substr(server.rfind(':') + 1))}, listener_{::socket(AF_INET, SOCK_STREAM, 0)} {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
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
    ::close(listener_);
  }

  std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

  /// The connection breaks when a client sends these words, so often: before the server gets them, or with its answer.
  void cut_at(const std::string& words, bool before, int times = 1) {
    const std::scoped_lock lock{mutex_};
    words_ = words;
    cuts_before_ = before;
    cuts_ = times;
  }
  /// The connection breaks before the server gets these words, and there is none until `mend`.
  void break_at(const std::string& words) {
    stays_broken_ = true;
    cut_at(words, true);
  }
  /// The same at once.
  void break_now() { is_broken_ = true; }
  void mend() { stays_broken_ = is_broken_ = false; }
  /// How often it was.
  int cuts() const { return cuts_made_; }

 private:
  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }
  static bool is_readable(int descriptor) {
    pollfd waiting{descriptor, POLLIN, 0};
    return ::poll(&waiting, 1, 20) > 0;
  }

  enum class Fate { pass, cut_before, cut_after };
  Fate fate_of(std::string_view text) {
    const std::scoped_lock lock{mutex_};
    if (cuts_ == 0 || text.find(words_) == std::string_view::npos) return Fate::pass;
    --cuts_;
    return cuts_before_ ? Fate::cut_before : Fate::cut_after;
  }

  void accept_all() {
    while (!is_ending_) {
      if (!is_readable(listener_)) continue;
      const int client = ::accept(listener_, nullptr, nullptr);
      threads_.emplace_back([this, client] {
        if (is_broken_) return void(::close(client));
        const int server = ::socket(AF_INET, SOCK_STREAM, 0);
        const sockaddr_in address = loopback(server_port_);
        if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
          forward(client, server);
        ::close(server);
        ::close(client);
      });
    }
  }

  void forward(int client, int server) {
    std::array<char, 65536> buffer{};
    bool loses_answer = false;
    const auto copy = [&](int from, int to) {
      const ssize_t size = ::recv(from, buffer.data(), buffer.size(), 0);
      if (size <= 0) return false;
      if (from == client) {
        const Fate fate = fate_of({buffer.data(), static_cast<std::size_t>(size)});
        if (fate != Fate::pass) {
          is_broken_ = stays_broken_.load();
          ++cuts_made_;
        }
        if (fate == Fate::cut_before) return false;
        loses_answer = loses_answer || fate == Fate::cut_after;
      } else if (loses_answer) {
        return false;
      }
      for (ssize_t sent = 0; sent < size;) {
        const ssize_t some = ::send(to, buffer.data() + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
        if (some <= 0) return false;
        sent += some;
      }
      return true;
    };
    while (!is_ending_ && !is_broken_) {
      std::array<pollfd, 2> ends{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
      if (::poll(ends.data(), ends.size(), 20) <= 0) continue;
      if (ends[0].revents != 0 && !copy(client, server)) return;
      if (ends[1].revents != 0 && !copy(server, client)) return;
    }
  }

  int server_port_;
  int listener_;
  int port_ = 0;
  std::atomic<bool> is_ending_{false};
  std::atomic<bool> stays_broken_{false};
  std::atomic<bool> is_broken_{false};
  std::atomic<int> cuts_made_{0};
  std::mutex mutex_{};
  std::string words_{};
  bool cuts_before_ = false;
  int cuts_ = 0;
  std::thread acceptor_{};
  std::vector<std::thread> threads_{};
};

}  // namespace castore::nats_tests

#endif
