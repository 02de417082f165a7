// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_RABBITMQ_SUPPORT_HPP
#define CASTORE_TESTS_RABBITMQ_SUPPORT_HPP

/// @file
/// What the tests of RabbitMQ share: the node of server.sh, exchanges and queues, and short spellings.

#include <castore/messaging/adapters/rabbitmq.hpp>

#include "messaging/broker_support.hpp"
#include "support/catch.hpp"
#include "support/place.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace castore::rabbitmq_tests {

using namespace std::chrono_literals;
using Indices = std::vector<std::size_t>;
using Ids = std::vector<std::string>;

inline std::string read_file(const std::string& name) {
  std::ifstream file{std::string{castore_tests::place::server} + "/" + name};
  std::string text;
  std::getline(file, text);
  if (text.empty()) throw std::runtime_error{"the server does not run; start it by tests/rabbitmq/server.sh"};
  return text;
}
/// Where server.sh's node listens.
inline const std::string& server_url() {
  static const std::string url = read_file("url");
  return url;
}

/// Does something with the node that programs cannot: see server.sh.
inline void server(const std::string& verb, const std::string& arguments = {}) {
  const std::string command = "sh '" + std::string{castore_tests::place::sources} + "/server.sh' " + verb + " '" +
                              castore_tests::place::server + "' " + arguments + " >/dev/null";
  if (std::system(command.c_str()) != 0) throw std::runtime_error{command};
}

inline std::string new_name() {
  static std::atomic<int> last{0};
  return "castore-" + std::to_string(::getpid()) + "-" + std::to_string(++last);
}

/// A connection of a test's own.
class Admin {
 public:
  Admin() : connection_{detail::RabbitMqSettings::parse(server_url(), {}), in_time()} {}

  template <class Function>
  void ask(const Function& function) {
    connection_.ask(in_time(), function);
  }
  amqp_connection_state_t state() const { return connection_.state(); }

  static detail::SteadyTime in_time() { return detail::time_after(30s); }
  static constexpr amqp_channel_t channel = detail::RabbitMqConnection::channel;

 private:
  detail::RabbitMqConnection connection_;
};

/// Arguments of queues and bindings.
class Arguments {
 public:
  using Texts = std::map<std::string, std::string>;

  Arguments(Texts texts = {}, std::map<std::string, int> numbers = {}, std::vector<std::string> truths = {})
      : texts_{std::move(texts)}, numbers_{std::move(numbers)}, truths_{std::move(truths)} {}

  amqp_table_t table() {
    entries_.clear();
    for (const auto& [key, text] : texts_) entries_.push_back(detail::text_entry(key, text));
    for (const auto& [key, number] : numbers_) {
      amqp_table_entry_t entry{};
      entry.key = detail::amqp_bytes(key);
      entry.value.kind = AMQP_FIELD_KIND_I32;
      entry.value.value.i32 = number;
      entries_.push_back(entry);
    }
    for (const std::string& key : truths_) entries_.push_back(detail::true_entry(key));
    return {.num_entries = static_cast<int>(entries_.size()), .entries = entries_.data()};
  }

 private:
  Texts texts_;
  std::map<std::string, int> numbers_;
  std::vector<std::string> truths_;
  std::vector<amqp_table_entry_t> entries_;
};

/// A topic exchange of its own, with a queue that gets everything unless another binding is asked for.
class Place {
 public:
  explicit Place(Arguments arguments = {}, const std::string& binding = "#") {
    Admin admin;
    admin.ask([&] {
      amqp_exchange_declare(admin.state(), Admin::channel, detail::amqp_bytes(name_), amqp_cstring_bytes("topic"), 0, 1,
                            0, 0, amqp_empty_table);
    });
    admin.ask([&] {
      amqp_queue_declare(admin.state(), Admin::channel, detail::amqp_bytes(name_), 0, 1, 0, 0, arguments.table());
    });
    if (!binding.empty()) {
      admin.ask([&] {
        amqp_queue_bind(admin.state(), Admin::channel, detail::amqp_bytes(name_), detail::amqp_bytes(name_),
                        detail::amqp_bytes(binding), amqp_empty_table);
      });
    }
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    try {
      Admin admin;  // the node may have been started again
      admin.ask([&] { amqp_queue_delete(admin.state(), Admin::channel, detail::amqp_bytes(name_), 0, 0); });
      admin.ask([&] { amqp_exchange_delete(admin.state(), Admin::channel, detail::amqp_bytes(name_), 0); });
    } catch (const std::exception& error) {
      WARN(error.what());
    }
  }

  /// Of the exchange and of the queue.
  const std::string& name() const noexcept { return name_; }
  /// How many messages the queue has that no consumer has.
  int size() const {
    int count = -1;
    Admin admin;
    admin.ask([&] {
      const amqp_queue_declare_ok_t* const answer =
          amqp_queue_declare(admin.state(), Admin::channel, detail::amqp_bytes(name_), 1, 0, 0, 0, amqp_empty_table);
      if (answer != nullptr) count = static_cast<int>(answer->message_count);
    });
    return count;
  }

  struct Message {
    std::string routing_key{};
    std::string id{};
    std::string type{};
    std::string content_type{};
    int delivery_mode = 0;
    std::uint64_t timestamp = 0;
    std::map<std::string, std::string> headers{};
    std::string body{};
  };
  /// Takes what is in the queue out of it.
  std::vector<Message> take() const {
    std::vector<Message> taken;
    Admin admin;
    for (;;) {
      amqp_rpc_reply_t reply{};
      reply = amqp_basic_get(admin.state(), Admin::channel, detail::amqp_bytes(name_), 1);
      if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error{"the queue cannot be read"};
      if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD) return taken;
      Message message;
      message.routing_key = detail::text_of(static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded)->routing_key);
      amqp_message_t read{};
      if (amqp_read_message(admin.state(), Admin::channel, &read, 0).reply_type != AMQP_RESPONSE_NORMAL) {
        throw std::runtime_error{"the message cannot be read"};
      }
      message.id = detail::text_of(read.properties.message_id);
      message.type = detail::text_of(read.properties.type);
      message.content_type = detail::text_of(read.properties.content_type);
      message.delivery_mode = read.properties.delivery_mode;
      message.timestamp = read.properties.timestamp;
      for (int index = 0; index < read.properties.headers.num_entries; ++index) {
        const amqp_table_entry_t& entry = read.properties.headers.entries[index];
        message.headers[detail::text_of(entry.key)] = detail::text_of_field(entry.value).value_or("(something)");
      }
      message.body = detail::text_of(read.body);
      amqp_destroy_message(&read);
      amqp_maybe_release_buffers(admin.state());
      taken.push_back(std::move(message));
    }
  }
  Ids take_ids() const {
    Ids ids;
    for (const Message& message : take()) ids.push_back(message.id);
    return ids;
  }

 private:
  std::string name_ = new_name();
};

using broker_tests::appeared;
using broker_tests::error_of;
using broker_tests::Monsters;
using broker_tests::publish;
using castore_tests::Appeared;
using castore_tests::LeveledUp;
using castore_tests::MonsterMessage;
using castore_tests::MonsterStore;

}  // namespace castore::rabbitmq_tests

#endif
