// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_NATS_CONNECTION_HPP
#define CASTORE_MESSAGING_ADAPTERS_NATS_CONNECTION_HPP

/// @file
/// A connection to NATS servers, which adapters and consumers share. Source: libnats (nats.c) 3.4; NATS JetStream wire
/// API reference.

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <nats/nats.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief A NATS server cannot be reached, or refused what it was asked for.
/// **Handling:** call again when `retryable()`; else report, or fix what the message names: a stream that is missing, a
/// name or password that is wrong.
class CASTORE_DETAIL_THROWN NatsError : public Error {
 public:
  /// @brief What the client library or a server said. @param code JetStream's `err_code`, if there is one.
  explicit NatsError(const std::string& what, bool retryable, int code = 0)
      : Error{"castore: NATS: " + what}, retryable_{retryable}, code_{code} {}

  /// @brief True when the same call may succeed a little later without anybody's help.
  bool retryable() const noexcept { return retryable_; }
  /// @brief JetStream's `err_code`, such as 10059 for a stream that is not there; else 0.
  int code() const noexcept { return code_; }

 private:
  bool retryable_;
  int code_;
};

/// @brief Options of a `NatsConnection`.
struct NatsConnectionOptions {
  std::string name = "castore";    ///< What the servers call the connection.
  std::string user{};              ///< With `password`; or write them into the URL.
  std::string password{};          ///< Of `user`.
  std::string token{};             ///< Where the servers want a token.
  std::string credentials_file{};  ///< Of a user with a JWT (`.creds`).
  std::string ca_file{};           ///< Certificates that sign those of the servers (PEM); makes TLS required.
  std::chrono::milliseconds connect_timeout{5'000};       ///< For each server.
  std::chrono::milliseconds request_timeout{5'000};       ///< How long an answer of JetStream may take.
  std::function<void(natsOptions* options)> configure{};  ///< Sets what is not above, such as certificates or NKeys.
};

/// @brief A stream, for `NatsConnection::create_stream`.
struct NatsStream {
  std::string name{};                          ///< Without spaces, dots and the like.
  std::vector<std::string> subjects{};         ///< Which messages it takes, such as `POKEMONS.>`.
  std::chrono::seconds max_age{0};             ///< When it drops messages; 0: never.
  std::chrono::seconds duplicate_window{120};  ///< For how long it drops what is sent again.
  int replicas = 1;                            ///< On how many servers of a cluster it is: 1, 3 or 5.
};

namespace detail {

struct NatsDeleter {
  void operator()(natsConnection* connection) const { natsConnection_Destroy(connection); }
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
  void operator()(natsSubscription* subscription) const { natsSubscription_Destroy(subscription); }
  void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
  void operator()(natsInbox* inbox) const { natsInbox_Destroy(inbox); }
  void operator()(const char** texts) const { std::free(texts); }
};
template <class Object>
using NatsPointer = std::unique_ptr<Object, NatsDeleter>;

inline bool is_transient_nats_status(natsStatus status) {
  constexpr natsStatus lasting[] = {NATS_CONNECTION_AUTH_FAILED,
                                    NATS_NOT_PERMITTED,
                                    NATS_ADDRESS_MISSING,
                                    NATS_INVALID_SUBJECT,
                                    NATS_INVALID_ARG,
                                    NATS_MAX_PAYLOAD,
                                    NATS_NO_SERVER_SUPPORT,
                                    NATS_SECURE_CONNECTION_WANTED,
                                    NATS_SSL_ERROR,
                                    NATS_SECURE_CONNECTION_REQUIRED};
  return std::ranges::find(lasting, status) == std::end(lasting);
}

/// @throws NatsError
inline void check_nats(natsStatus status, const std::string& what) {
  if (status == NATS_OK) return;
  throw NatsError{what + ": " + safe_text(natsStatus_GetText(status)), is_transient_nats_status(status)};
}

inline std::string_view data_of(const natsMsg* message) {
  const char* const data = natsMsg_GetData(message);
  return data == nullptr ? std::string_view{}
                         : std::string_view{data, static_cast<std::size_t>(natsMsg_GetDataLength(message))};
}

/// The value of a header, or nothing.
inline std::string_view nats_header(natsMsg* message, const char* key) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, key, &value) == NATS_OK && value != nullptr ? std::string_view{value}
                                                                                : std::string_view{};
}

/// Calls `use(key, value)` for all headers, of each with the first value.
template <class Use>
void for_each_nats_header(natsMsg* message, const Use& use) {
  const char** keys = nullptr;
  int count = 0;
  if (natsMsgHeader_Keys(message, &keys, &count) != NATS_OK) return;
  const NatsPointer<const char*> owned{keys};
  for (int index = 0; index < count; ++index) use(std::string_view{keys[index]}, nats_header(message, keys[index]));
}

/// All headers, of each the first value.
inline std::vector<std::pair<std::string, std::string>> nats_headers(natsMsg* message) {
  std::vector<std::pair<std::string, std::string>> headers;
  for_each_nats_header(message,
                       [&](std::string_view key, std::string_view value) { headers.emplace_back(key, value); });
  return headers;
}

/// JSON of a server. @throws NatsError
inline nlohmann::json parse_nats_answer(std::string_view text) {
  nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) throw NatsError{"an answer is not JSON: " + in_quotes(text), true};
  return json;
}

/// The number in an answer, or 0.
inline std::int64_t number_at(const nlohmann::json& json, const char* name) {
  const auto found = json.is_object() ? json.find(name) : json.end();
  return found != json.end() && found->is_number_integer() ? found->template get<std::int64_t>() : 0;
}

/// What an answer's `error` says, or nothing. A server that is short of something says 5xx.
inline std::unique_ptr<NatsError> nats_error_in(const nlohmann::json& answer) {
  const auto error = answer.find("error");
  if (error == answer.end()) return nullptr;
  const auto description = error->is_object() ? error->find("description") : error->end();
  return std::make_unique<NatsError>(description != error->end() && description->is_string()
                                         ? safe_text(description->get_ref<const std::string&>())
                                         : "an error that the server does not describe",
                                     number_at(*error, "code") >= 500, static_cast<int>(number_at(*error, "err_code")));
}

/// Names of streams and consumers are parts of subjects. @throws std::invalid_argument
inline const std::string& checked_nats_name(const std::string& name, const char* what) {
  const auto is_legal = [](char character) {
    return character > ' ' && character <= '~' && std::string_view{".*>/\\"}.find(character) == std::string_view::npos;
  };
  if (name.empty() || !std::ranges::all_of(name, is_legal)) {
    throw std::invalid_argument{std::string{"castore: "} + what + " " + in_quotes(name) +
                                " cannot be a name in NATS; write letters, digits, - and _"};
  }
  return name;
}

}  // namespace detail

/// @brief A connection to NATS servers, made once and shared by adapters and consumers, of any number of threads. When
/// it breaks, it is made again, as often as that takes.
///
/// @code
/// auto nats = std::make_shared<castore::NatsConnection>("nats://127.0.0.1:4222");
/// nats->create_stream({.name = "POKEMONS", .subjects = {"POKEMONS.>"}});
/// @endcode
class NatsConnection {
 public:
  /// @brief Connects. @param urls Of one or more servers of a cluster, with commas between. An error never says the
  /// user and password of a URL.
  /// @throws NatsError
  explicit NatsConnection(const std::string& urls, const NatsConnectionOptions& options = {})
      : request_timeout_{options.request_timeout} {
    const detail::NatsPointer<natsOptions> native = native_options(urls, options);
    natsConnection* connection = nullptr;
    detail::check_nats(natsConnection_Connect(&connection, native.get()),
                       "cannot connect to " + detail::in_quotes(without_secrets(urls)));
    connection_.reset(connection);
  }

  /// @brief The connection of the client library.
  natsConnection* handle() const noexcept { return connection_.get(); }
  /// @brief Whether it stands at the moment.
  bool is_connected() const { return natsConnection_Status(connection_.get()) == NATS_CONN_STATUS_CONNECTED; }
  /// @brief How many bytes a message may have, with its headers.
  std::size_t max_message_size() const { return static_cast<std::size_t>(natsConnection_GetMaxPayload(handle())); }
  /// @brief How long an answer of JetStream may take.
  std::chrono::milliseconds request_timeout() const noexcept { return request_timeout_; }

  /// @brief Asks JetStream, whose operations are subjects of its API.
  /// @throws NatsError
  nlohmann::json ask(const std::string& operation, const nlohmann::json& request) const {
    const std::string body = request.dump();
    natsMsg* answer = nullptr;
    const natsStatus status = natsConnection_Request(&answer, handle(), ("$JS.API." + operation).c_str(), body.data(),
                                                     static_cast<int>(body.size()), request_timeout_.count());
    const detail::NatsPointer<natsMsg> owned{answer};
    if (status == NATS_NO_RESPONDERS) throw NatsError{"JetStream does not answer; is it switched on?", true};
    detail::check_nats(status, "cannot ask JetStream");
    nlohmann::json json = detail::parse_nats_answer(detail::data_of(owned.get()));
    if (const auto error = detail::nats_error_in(json)) throw NatsError{*error};
    return json;
  }

  /// @brief Makes a stream that keeps its messages in files; one that is there already must be the same.
  /// @throws NatsError, std::invalid_argument
  void create_stream(const NatsStream& stream) const {
    const auto nanoseconds = [](std::chrono::seconds time) { return std::chrono::nanoseconds{time}.count(); };
    ask("STREAM.CREATE." + detail::checked_nats_name(stream.name, "the stream"),
        {{"name", stream.name},
         {"subjects", stream.subjects},
         {"retention", "limits"},
         {"storage", "file"},
         {"discard", "old"},
         {"max_consumers", -1},
         {"max_msgs", -1},
         {"max_bytes", -1},
         {"max_age", nanoseconds(stream.max_age)},
         {"duplicate_window", nanoseconds(stream.duplicate_window)},
         {"num_replicas", stream.replicas}});
  }

 private:
  static std::vector<std::string> servers_of(const std::string& urls) {
    std::vector<std::string> servers;
    for (std::size_t begin = 0; begin <= urls.size();) {
      const std::size_t end = (std::min)(urls.find(',', begin), urls.size());
      servers.push_back(urls.substr(begin, end - begin));
      begin = end + 1;
    }
    return servers;
  }

  static std::string without_secrets(const std::string& urls) {
    std::string text;
    for (const std::string& server : servers_of(urls)) {
      const std::size_t at = server.rfind('@');
      text += (text.empty() ? "" : ",") + (at == std::string::npos ? server : server.substr(at + 1));
    }
    return text;
  }

  static detail::NatsPointer<natsOptions> native_options(const std::string& urls,
                                                         const NatsConnectionOptions& options) {
    natsOptions* created = nullptr;
    detail::check_nats(natsOptions_Create(&created), "cannot make options");
    detail::NatsPointer<natsOptions> native{created};
    const auto set = [&](const char* what, auto function, auto... values) {
      detail::check_nats(function(native.get(), values...), std::string{"cannot set "} + what);
    };
    const std::vector<std::string> servers = servers_of(urls);
    std::vector<const char*> pointers;
    for (const std::string& server : servers) pointers.push_back(server.c_str());
    set("the servers", natsOptions_SetServers, pointers.data(), static_cast<int>(pointers.size()));
    set("the name", natsOptions_SetName, options.name.c_str());
    set("the time to connect", natsOptions_SetTimeout, options.connect_timeout.count());
    // What is sent waits for more up to a millisecond, unless it is flushed, and is ours to send again. A connection
    // that is dead is found out within 30 s.
    set("the way of sending", natsOptions_SetSendAsap, false);
    set("the time to write", natsOptions_SetWriteDeadline, options.request_timeout.count());
    set("the reconnects", natsOptions_SetMaxReconnect, -1);
    set("the wait for reconnects", natsOptions_SetReconnectWait, std::int64_t{250});
    set("the pings", natsOptions_SetPingInterval, std::int64_t{10'000});
    set("the requests", natsOptions_SetFailRequestsOnDisconnect, true);
    if (!options.user.empty()) {
      set("user and password", natsOptions_SetUserInfo, options.user.c_str(), options.password.c_str());
    }
    if (!options.token.empty()) set("the token", natsOptions_SetToken, options.token.c_str());
    if (!options.credentials_file.empty()) {
      const char* const no_seed = nullptr;
      set("the credentials", natsOptions_SetUserCredentialsFromFiles, options.credentials_file.c_str(), no_seed);
    }
    if (!options.ca_file.empty()) {
      set("TLS", natsOptions_SetSecure, true);
      set("the certificates", natsOptions_LoadCATrustedCertificates, options.ca_file.c_str());
    }
    if (options.configure) options.configure(native.get());
    return native;
  }

  std::chrono::milliseconds request_timeout_;
  detail::NatsPointer<natsConnection> connection_{};
};

namespace detail {

/// Subjects of this program alone, and what is sent to them.
class NatsInbox {
 public:
  explicit NatsInbox(const NatsConnection& connection) {
    natsInbox* inbox = nullptr;
    check_nats(natsInbox_Create(&inbox), "cannot make an inbox");
    name_ = NatsPointer<natsInbox>{inbox}.get();
    natsSubscription* subscription = nullptr;
    check_nats(natsConnection_SubscribeSync(&subscription, connection.handle(), (name_ + ".*").c_str()),
               "cannot subscribe to an inbox");
    subscription_.reset(subscription);
    check_nats(natsSubscription_SetPendingLimits(subscription, -1, -1), "cannot open an inbox");
  }

  /// A subject that the inbox gets.
  std::string subject(std::uint64_t number) const { return name_ + "." + std::to_string(number); }
  /// The number of one's subject, if it is one.
  std::uint64_t number_of(std::string_view subject) const {
    if (!subject.starts_with(name_) || subject.size() <= name_.size() + 1) return 0;
    return parse_integer<std::uint64_t>(subject.substr(name_.size() + 1)).value_or(0);
  }

  /// Whether something has come that `next` has not given yet.
  bool has_next() const {
    int count = 0;
    return natsSubscription_GetPending(subscription_.get(), &count, nullptr) == NATS_OK && count > 0;
  }
  /// What comes next, or nothing within that time, or earlier when nobody listens to what was sent.
  /// @param nobody_listens Is then set; the client library does not tell to what.
  /// @throws NatsError
  NatsPointer<natsMsg> next(std::chrono::milliseconds at_most, bool* nobody_listens = nullptr) {
    natsMsg* message = nullptr;
    const natsStatus status = natsSubscription_NextMsg(&message, subscription_.get(),
                                                       (std::max)(at_most, std::chrono::milliseconds{1}).count());
    if (status == NATS_NO_RESPONDERS && nobody_listens != nullptr) *nobody_listens = true;
    if (status != NATS_TIMEOUT && status != NATS_NO_RESPONDERS) check_nats(status, "cannot read an inbox");
    return NatsPointer<natsMsg>{message};
  }

 private:
  std::string name_;
  NatsPointer<natsSubscription> subscription_;
};

/// Has what was sent go on its way at once. The client library has no way to do that but to ask for an answer of the
/// server; whether it comes in time means nothing.
inline void flush_nats(const NatsConnection& connection) {
  constexpr std::int64_t at_most = 100;
  if (connection.is_connected()) natsConnection_FlushTimeout(connection.handle(), at_most);
}

/// Publishes a message of the core protocol, on its way within a millisecond. @return Whether it is.
inline natsStatus send_to_nats(const NatsConnection& connection, const std::string& subject, const std::string& reply,
                               std::string_view body,
                               const std::vector<std::pair<std::string, std::string>>& headers = {}) {
  if (headers.empty() && !reply.empty()) {  // without a copy
    return natsConnection_PublishRequest(connection.handle(), subject.c_str(), reply.c_str(), body.data(),
                                         static_cast<int>(body.size()));
  }
  natsMsg* created = nullptr;
  natsStatus status = natsMsg_Create(&created, subject.c_str(), reply.empty() ? nullptr : reply.c_str(), body.data(),
                                     static_cast<int>(body.size()));
  const NatsPointer<natsMsg> message{created};
  for (const auto& [key, value] : headers) {
    if (status == NATS_OK) status = natsMsgHeader_Set(created, key.c_str(), value.c_str());
  }
  return status == NATS_OK ? natsConnection_PublishMsg(connection.handle(), created) : status;
}

}  // namespace detail

}  // namespace castore

#endif
