// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_ROUTE_HPP
#define CASTORE_HTTP_ROUTE_HPP

/// @file
/// A route: what is asked for, what it takes, and what answers. The requests that an `HttpApi` answers, and its OpenAPI
/// document, come from one table of them.

#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>
#include <castore/http/message.hpp>
#include <castore/http/problem.hpp>
#include <castore/http/url.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief What a request wants to do, for those who permit it.
enum class HttpOperation {
  read,   ///< Looks at events, or at what is made of them.
  write,  ///< Pushes events, or runs commands.
  force   ///< Overwrites events, or leaves versions out.
};

/// @brief A parameter in the query of a route.
struct HttpParameter {
  std::string name{};          ///< As in the query.
  std::string type{"string"};  ///< Of JSON Schema: `string`, `integer`, `boolean`; or `date-time`.
  std::string description{};   ///< What it does, a sentence.
  bool is_required = false;    ///< It must be there.
  bool is_repeatable = false;  ///< It may be there several times.
};

/// @brief A request whose parameters were held against its route's. The functions throw `HttpProblem` for a value of
/// another type, which answers 400.
class HttpCall {
 public:
  /// @brief Checks that every parameter is known, there if it must be, and not there twice. @throws HttpProblem
  HttpCall(const HttpApiRequest& request, detail::HttpTarget target, const std::vector<HttpParameter>& known)
      : request_{request}, target_{std::move(target)} {
    for (const auto& [name, value] : target_.parameters) {
      const auto found = std::ranges::find(known, name, &HttpParameter::name);
      if (found == known.end()) refuse("unknown_parameter", name, "this route has no such parameter");
      if (!found->is_repeatable && all(name).size() > 1) refuse("invalid_parameter", name, "it is there twice");
    }
    for (const HttpParameter& parameter : known) {
      if (parameter.is_required && !text(parameter.name)) refuse("missing_parameter", parameter.name, "it is missing");
    }
  }

  /// @brief The request, with headers and body.
  const HttpApiRequest& request() const noexcept { return request_; }
  /// @brief The value of a parameter, when it is there.
  std::optional<std::string> text(std::string_view name) const {
    const auto found = std::ranges::find(target_.parameters, name, &std::pair<std::string, std::string>::first);
    return found == target_.parameters.end() ? std::nullopt : std::optional<std::string>(found->second);
  }
  /// @brief The value of a parameter that its route requires.
  std::string required(std::string_view name) const { return text(name).value_or(std::string{}); }
  /// @brief All values of a parameter.
  std::vector<std::string> all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [other, value] : target_.parameters) {
      if (other == name) values.push_back(value);
    }
    return values;
  }
  /// @brief An integer from 0.
  std::optional<std::int64_t> integer(std::string_view name) const {
    const auto value = text(name);
    if (!value) return std::nullopt;
    const auto number = detail::parse_integer<std::int64_t>(*value);
    if (!number || *number < 0) refuse("invalid_parameter", name, "it must be an integer from 0");
    return number;
  }
  /// @brief An integer from 0, at most `most`.
  std::size_t count(std::string_view name, std::size_t otherwise, std::size_t most) const {
    const auto number = integer(name);
    return number ? static_cast<std::size_t>((std::min)(static_cast<std::uint64_t>(*number), std::uint64_t{most}))
                  : otherwise;
  }
  /// @brief A date, or a date and time, of ISO 8601.
  std::optional<Timestamp> time(std::string_view name) const {
    const auto value = text(name);
    if (!value) return std::nullopt;
    const auto at = parse_timestamp(*value);
    if (!at) refuse("invalid_parameter", name, "it must be a date and time such as 2022-01-01T12:00:00.000Z");
    return at;
  }
  /// @brief `true` or `false`; false when it is not there.
  bool flag(std::string_view name) const {
    const auto value = text(name);
    if (value && *value != "true" && *value != "false") refuse("invalid_parameter", name, "it must be true or false");
    return value == "true";
  }
  /// @brief Whether the client asks for a type of content by name, in the header `Accept`.
  bool accepts(std::string_view type) const {
    std::string_view left = request_.header("Accept");
    while (!left.empty()) {
      std::string_view next = left.substr(0, left.find(','));
      left.remove_prefix((std::min)(next.size() + 1, left.size()));
      next = next.substr(0, next.find(';'));
      next.remove_prefix((std::min)(next.find_first_not_of(" \t"), next.size()));
      next = next.substr(0, next.find_last_not_of(" \t") + 1);
      if (detail::is_same_ignoring_case(next, type)) return true;
    }
    return false;
  }

 private:
  [[noreturn]] static void refuse(std::string code, std::string_view name, const std::string& what) {
    throw HttpProblem{400, std::move(code), "parameter " + detail::in_quotes(name) + ": " + what};
  }

  const HttpApiRequest& request_;
  detail::HttpTarget target_;
};

/// @brief A route of an `HttpApi`. Its texts become a part of the OpenAPI document.
struct HttpRoute {
  std::string method{};                                      ///< `GET` or `POST`.
  std::string path{};                                        ///< `/v1/events`, without anything variable in it.
  HttpOperation operation = HttpOperation::read;             ///< What is to be permitted.
  std::string summary{};                                     ///< What it does, without a full stop.
  std::vector<HttpParameter> parameters{};                   ///< In any order.
  std::string takes{};                                       ///< The schema of the body; empty: it has none.
  std::string gives{};                                       ///< The schema of the answer in JSON.
  int status = 200;                                          ///< Of the answer when it is done.
  std::vector<std::string> types{"application/json"};        ///< What the answer may be.
  std::function<HttpApiResponse(const HttpCall&)> handle{};  ///< Answers; called by several threads at once.
};

}  // namespace castore

#endif
