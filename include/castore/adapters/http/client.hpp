// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_HTTP_CLIENT_HPP
#define CASTORE_ADAPTERS_HTTP_CLIENT_HPP

/// @file
/// Asks a server, again where that may help, and makes errors of its answers.

#include <castore/adapters/http/answers.hpp>
#include <castore/aws/client.hpp>
#include <castore/aws/deadline.hpp>
#include <castore/aws/http.hpp>
#include <castore/aws/retry.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief How a `HttpEventStorageAdapter` calls its server.
struct HttpEventStorageAdapterOptions {
  std::string token{};               ///< Sent with every request, as `Authorization: Bearer TOKEN`. Empty: none.
  std::size_t max_connections = 64;  ///< At least 1; a call waits when all are in use.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{3};  ///< For a connection to be made.
  /// @brief For one request from beginning to end; 0 waits forever.
  std::chrono::milliseconds request_timeout = std::chrono::seconds{30};
  int max_attempts = 5;   ///< How often a request is sent, from 1: again after a lost connection or answer.
  std::string ca_file{};  ///< Certificates to trust, as a PEM file. Else the system's.
  std::size_t max_answer_size = std::size_t{64} * 1024 * 1024;  ///< The most bytes of an answer; more are an error.
};

/// @brief A server answered that it did not do what it was asked. Nested in what the adapter throws.
/// **Handling:** as that of the error around it.
class CASTORE_DETAIL_THROWN HttpAnswerError : public Error {
 public:
  /// @brief What an adapter makes of an answer. @param status Such as 403. @param code The member `code` of the
  /// problem. @param what Its member `detail`.
  HttpAnswerError(int status, std::string code, const std::string& what)
      : Error{"castore: HTTP status " + std::to_string(status) + (what.empty() ? "" : ": " + what)},
        status_{status},
        code_{std::move(code)} {}

  /// @brief The answer's status.
  int status() const noexcept { return status_; }
  /// @brief The problem's code, such as `read_only`; empty when the answer is not one of an `HttpApi`.
  const std::string& code() const noexcept { return code_; }

 private:
  int status_;
  std::string code_;
};

namespace detail {

/// A query that grows: `/v1/events?store=A%2FB`.
class HttpQuery {
 public:
  explicit HttpQuery(std::string path) : text_{std::move(path)} {}

  HttpQuery& add(std::string_view name, std::string_view value) {
    text_.append(1, has_parameters_ ? '&' : '?').append(name).append(1, '=');
    has_parameters_ = true;
    for (const char letter : value) append(letter);
    return *this;
  }
  HttpQuery& add(std::string_view name, std::int64_t value) { return add(name, std::to_string(value)); }
  const std::string& text() const noexcept { return text_; }

 private:
  void append(char letter) {
    constexpr char digits[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(letter);
    const bool is_plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                          (letter >= '0' && letter <= '9') || letter == '-' || letter == '.' || letter == '_';
    if (is_plain)
      text_ += letter;
    else
      text_ += {'%', digits[byte >> 4U], digits[byte & 0xFU]};
  }

  std::string text_;
  bool has_parameters_ = false;
};

/// The longest path and query that usual servers take.
inline constexpr std::size_t max_http_target_size = 8000;

struct HttpAnswer {
  int status = 0;
  std::string body{};
  bool is_repeated = false;  ///< An earlier attempt may have been done, too.

  bool is_good() const noexcept { return status / 100 == 2; }
};

class HttpStorageClient {
 public:
  HttpStorageClient(std::string url, HttpEventStorageAdapterOptions options)
      : url_{std::move(url)},
        peer_{peer_of(url_)},
        options_{std::move(options)},
        pool_{{.connect_timeout = options_.connect_timeout,
               .request_timeout = options_.request_timeout,
               .ca_file = options_.ca_file,
               .max_answer_size = options_.max_answer_size},
              options_.max_connections} {
    while (url_.ends_with('/')) url_.pop_back();
  }

  /// The server without the user and password that a URL may have.
  const std::string& peer() const noexcept { return peer_; }

  /// @return A good answer. @throws StorageError and what the problem is about
  std::string get(const HttpQuery& query) {
    HttpAnswer answer = send("GET", query.text(), query.text(), {});
    if (!answer.is_good()) throw_problem(answer);
    return std::move(answer.body);
  }
  /// @param function Makes something of a good answer. @throws The same
  template <class Function>
  auto get(const HttpQuery& query, const Function& function) {
    const nlohmann::json json = nlohmann::json::parse(get(query), nullptr, false);
    try {
      return function(json);
    } catch (const nlohmann::json::exception&) {
      std::throw_with_nested(damaged_http_answer(peer_));
    } catch (const std::bad_optional_access&) {
      std::throw_with_nested(damaged_http_answer(peer_));
    }
  }
  /// @return Any answer that the server has made up its mind about. @throws StorageError
  HttpAnswer post(const HttpQuery& query, const HttpQuery& repeated_query, std::string_view body) {
    return send("POST", query.text(), repeated_query.text(), body);
  }

  /// @throws The error that the server's storage threw, or StorageError
  [[noreturn]] void throw_problem(const HttpAnswer& answer) const {
    const nlohmann::json problem = problem_of(answer);
    const auto text = [&](const char* name) { return text_in(problem, name); };
    const std::string code = text("code");
    if (code == "invalid_event" && problem.contains("field")) {
      throw InvalidEventError{text("field"), text("reason")};
    }
    if (code == "unsupported_operation") throw UnsupportedOperationError{text("operation")};
    const HttpAnswerError cause{answer.status, code, text("detail")};
    try {
      throw cause;
    } catch (...) {
      std::throw_with_nested(StorageError{peer_ + " answered: " + without_prefix(cause.what()), is_transient(answer),
                                          outcome_of(answer, problem)});
    }
  }
  static nlohmann::json problem_of(const HttpAnswer& answer) {
    nlohmann::json problem = nlohmann::json::parse(answer.body, nullptr, false);
    return problem.is_object() ? problem : nlohmann::json::object();
  }
  static std::string text_in(const nlohmann::json& problem, const char* name) {
    const auto found = problem.find(name);
    return found != problem.end() && found->is_string() ? found->get<std::string>() : std::string{};
  }

 private:
  using Outcome = StorageError::Outcome;

  static std::string peer_of(std::string_view url) {
    const std::size_t slashes = url.find("://");
    std::string_view authority = url.substr(slashes == std::string_view::npos ? 0 : slashes + 3);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    return "the server " + in_quotes(authority.substr(authority.rfind('@') + 1));
  }
  static bool is_transient(const HttpAnswer& answer) {
    return answer.status == 429 || answer.status == 502 || answer.status == 503 || answer.status == 504;
  }
  /// A proxy that answers for the server does not know what that has done.
  static Outcome outcome_of(const HttpAnswer& answer, const nlohmann::json& problem) {
    const bool is_proxy = answer.status == 502 || answer.status == 504;
    return is_proxy || answer.is_repeated || text_in(problem, "outcome") == "unknown" ? Outcome::unknown
                                                                                      : Outcome::not_done;
  }

  HttpAnswer send(const std::string& method, const std::string& target, const std::string& repeated_target,
                  std::string_view body) {
    if (target.size() > max_http_target_size) {
      throw StorageError{"ids or other options are too long for a URL that " + peer_ + " takes"};
    }
    const AwsRetryPolicy policy;
    bool may_be_done = false;
    for (int attempt = 1;; ++attempt) {
      const bool is_last = attempt >= options_.max_attempts;
      try {
        const HttpResponse response = pool_.send(request(method, may_be_done ? repeated_target : target, body));
        HttpAnswer answer{static_cast<int>(response.status), response.body, may_be_done};
        if (is_last || !is_transient(answer)) return answer;
        may_be_done = outcome_of(answer, problem_of(answer)) == Outcome::unknown;
      } catch (const AwsConnectionError& error) {
        may_be_done = may_be_done || error.request_sent();
        if (is_last || !error.retryable()) {
          std::throw_with_nested(StorageError{without_prefix(error.what()), error.retryable(),
                                              may_be_done ? Outcome::unknown : Outcome::not_done});
        }
      }
      policy.sleep(aws_wait(policy, attempt));
    }
  }
  HttpRequest request(const std::string& method, const std::string& target, std::string_view body) const {
    HttpRequest request{.peer = peer_, .url = url_ + target, .method = method, .body = body};
    request.headers.emplace_back("Accept: application/json");
    if (method == "POST") request.headers.emplace_back("Content-Type: application/json");
    if (!options_.token.empty()) request.headers.push_back("Authorization: Bearer " + options_.token);
    return request;
  }

  std::string url_;
  std::string peer_;
  HttpEventStorageAdapterOptions options_;
  HttpPool pool_;
};

}  // namespace detail

}  // namespace castore

#endif
