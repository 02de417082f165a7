// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_PROBLEM_HPP
#define CASTORE_HTTP_PROBLEM_HPP

/// @file
/// Errors as answers. Source: RFC 9457, Problem Details for HTTP APIs.

#include <castore/core/errors.hpp>
#include <castore/fwd.hpp>
#include <castore/http/message.hpp>

#include <nlohmann/json.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief A request that is refused: what a handler of a route throws to answer with a problem.
/// **Handling:** none; `HttpApi` makes the answer of it. `code` is for programs, the text for people.
class CASTORE_DETAIL_THROWN HttpProblem : public Error {
 public:
  /// @brief Refuses a request. @param status From 400. @param code A word that stays, e.g. `unknown_parameter`.
  /// @param what What is wrong and what to send, without secrets. @param members More members of the answer.
  HttpProblem(int status, std::string code, const std::string& what, nlohmann::json members = nlohmann::json::object())
      : Error{"castore: " + detail::without_prefix(what)},
        status_{status},
        code_{std::move(code)},
        members_(std::move(members)) {}

  /// @brief The status of the answer.
  int status() const noexcept { return status_; }
  /// @brief The answer's member `code`.
  const std::string& code() const noexcept { return code_; }
  /// @brief More members of the answer.
  const nlohmann::json& members() const noexcept { return members_; }

 private:
  int status_;
  std::string code_;
  nlohmann::json members_;
};

namespace detail {

inline std::string_view http_reason(int status) noexcept {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

/// JSON text in which bytes that are not UTF-8 were replaced.
inline std::string json_text_of(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

inline HttpApiResponse json_answer(int status, std::string body, std::string type = "application/json") {
  return {.status = status, .headers = {{"Content-Type", std::move(type)}}, .body = std::move(body)};
}

inline HttpApiResponse problem_answer(const HttpProblem& problem) {
  nlohmann::json json = problem.members();
  json["type"] = "about:blank";
  json["title"] = http_reason(problem.status());
  json["status"] = problem.status();
  json["detail"] = without_prefix(problem.what());
  json["code"] = problem.code();
  HttpApiResponse answer = json_answer(problem.status(), json_text_of(json), "application/problem+json");
  if (problem.status() == 401) answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"castore\"");
  if (problem.status() == 503) answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

/// What keeps an answer from being kept, unless it says so itself, or taken for something else, by others.
inline void add_protecting_headers(HttpApiResponse& answer) {
  if (!has_header(answer.headers, "Cache-Control")) answer.headers.emplace_back("Cache-Control", "no-store");
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  answer.headers.emplace_back("Referrer-Policy", "no-referrer");
}

inline nlohmann::json event_members(const EventError& error) {
  return {{"store", error.event_store_id()}, {"aggregateId", error.aggregate_id()}, {"version", error.version()}};
}

/// What became of a failed request, told so that a client can make the error of it that the storage threw. An error
/// that is not the library's is not told, as nobody knows what is in it.
inline HttpProblem problem_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const HttpProblem& problem) {
    return problem;
  } catch (const InvalidEventError& invalid) {
    return {422, "invalid_event", invalid.what(), {{"field", invalid.field()}, {"reason", invalid.reason()}}};
  } catch (const InvalidPageTokenError& invalid) {
    return {400, "invalid_page_token", invalid.what()};
  } catch (const UnsupportedOperationError& missing) {
    return {501, "unsupported_operation", missing.what(), {{"operation", missing.operation()}}};
  } catch (const EventTypeError& broken) {
    return {500, "unreadable_event", broken.what(), event_members(broken)};
  } catch (const MissingEventError& missing) {
    return {500, "missing_event", missing.what(), event_members(missing)};
  } catch (const StorageError& failed) {
    const bool is_unknown = failed.outcome() == StorageError::Outcome::unknown;
    return {failed.retryable() ? 503 : 500,
            "storage_error",
            failed.what(),
            {{"retryable", failed.retryable()}, {"outcome", is_unknown ? "unknown" : "not_done"}}};
  } catch (const Error& other) {
    return {500, "error", other.what()};
  } catch (...) {
    return {500, "error", "the server failed; its log may say more"};
  }
}

}  // namespace detail

}  // namespace castore

#endif
