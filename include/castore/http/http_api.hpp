// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_HTTP_API_HPP
#define CASTORE_HTTP_HTTP_API_HPP

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/http/access.hpp>
#include <castore/http/data_routes.hpp>
#include <castore/http/message.hpp>
#include <castore/http/openapi.hpp>
#include <castore/http/options.hpp>
#include <castore/http/problem.hpp>
#include <castore/http/push_route.hpp>
#include <castore/http/read_routes.hpp>
#include <castore/http/route.hpp>
#include <castore/http/state.hpp>
#include <castore/http/subscribe_route.hpp>
#include <castore/http/url.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief The events of a storage over HTTP, without a server: takes a request and gives the answer.
///
/// Reach for it to put events behind a server of your own; `HttpServer` is one that is ready. It knows no types of
/// events: records are JSON. What it answers is in docs/guides/http.md, and in its own OpenAPI document.
///
/// **Guarantees:** any number of threads may call `handle` at the same time. Requests of other origins, and those for
/// another host, are refused; it only reads unless the options say who may write. No answer tells an exception that is
/// not the library's.
/// **Errors:** none; whatever goes wrong is an answer, of the type `application/problem+json`.
///
/// @code
/// const castore::HttpApi api{storage, {.token = token}};
/// const castore::HttpApiResponse answer = api.handle({.target = "/v1/stores", .headers = {{"Host", "localhost"}}});
/// @endcode
class HttpApi {
 public:
  /// @brief Answers for a storage, which must outlive it unless the handle shares it.
  explicit HttpApi(AnyEventStorageAdapter storage, HttpApiOptions options = {})
      : state_{std::make_unique<detail::HttpApiState>(std::move(storage), std::move(options))} {
    const auto has_explorer = [this] { return find("/v1/state") != nullptr; };
    routes_ = {detail::info_route(*state_, has_explorer),
               detail::stores_route(*state_),
               detail::aggregates_route(*state_),
               detail::events_route(*state_),
               detail::push_route(*state_),
               detail::all_route(*state_),
               detail::subscribe_route(*state_),
               detail::types_route(*state_),
               detail::data_route(*state_),
               detail::projections_route(*state_),
               detail::dead_letters_route(*state_),
               {.method = "GET",
                .path = "/v1/openapi.json",
                .summary = "Gives this description",
                .gives = "OpenApi",
                .handle = [this](const HttpCall&) { return detail::json_answer(200, openapi().dump(2)); }}};
  }
  /// @brief The same for an adapter of any type, which must outlive it.
  template <EventStorageAdapter Adapter>
    requires(!std::same_as<Adapter, AnyEventStorageAdapter>)
  explicit HttpApi(Adapter& storage, HttpApiOptions options = {})
      : HttpApi{AnyEventStorageAdapter{storage}, std::move(options)} {}
  HttpApi(const HttpApi&) = delete;
  HttpApi& operator=(const HttpApi&) = delete;

  /// @brief Adds a route, in place of one with the same method and path. @pre No request is being handled.
  void add_route(HttpRoute route) {
    std::erase_if(routes_,
                  [&](const HttpRoute& known) { return known.method == route.method && known.path == route.path; });
    routes_.push_back(std::move(route));
  }
  /// @brief What it answers to.
  const std::vector<HttpRoute>& routes() const noexcept { return routes_; }
  /// @brief Its routes as an OpenAPI 3.1 document.
  nlohmann::json openapi() const { return detail::openapi_document(routes_); }
  /// @brief Its options.
  const HttpApiOptions& options() const noexcept { return state_->options; }

  /// @brief Answers a request.
  HttpApiResponse handle(const HttpApiRequest& request) const {
    HttpApiResponse answer;
    try {
      answer = answer_to(request);
    } catch (...) {
      answer = problem(std::current_exception());
    }
    detail::add_protecting_headers(answer);
    return answer;
  }

 private:
  /// The first route of a path.
  const HttpRoute* find(const std::string& path) const {
    const auto found = std::ranges::find(routes_, path, &HttpRoute::path);
    return found == routes_.end() ? nullptr : &*found;
  }

  HttpApiResponse answer_to(const HttpApiRequest& request) const {
    const HttpApiOptions& options = state_->options;
    detail::check_host(request, options);
    if (request.body.size() > options.max_body_size) throw too_large();
    detail::HttpTarget target = detail::parse_target(request.target);
    const std::string method = request.method == "HEAD" ? "GET" : request.method;
    if (const auto file = std::ranges::find(options.files, target.path, &HttpFile::path); file != options.files.end()) {
      if (method != "GET") return wrong_method("GET, HEAD");
      detail::authorize(request, HttpOperation::read, options);
      return answer_file(*file, request.header("If-None-Match"));
    }
    detail::check_origin(request);
    if (find(target.path) == nullptr) throw HttpProblem{404, "not_found", "there is nothing of this name here"};
    const auto route = std::ranges::find_if(
        routes_, [&](const HttpRoute& each) { return each.path == target.path && each.method == method; });
    if (route == routes_.end()) return wrong_method(methods_of(target.path));
    detail::authorize(request, route->operation, options);
    if (!route->takes.empty()) check_type(request);
    return route->handle(HttpCall{request, std::move(target), route->parameters});
  }

  static HttpApiResponse problem(const std::exception_ptr& error) noexcept try {
    return detail::problem_answer(detail::problem_of(error));
  } catch (...) {
    return {.status = 500};
  }
  HttpProblem too_large() const {
    return {413, "too_large", "the body has more than " + std::to_string(state_->options.max_body_size) + " bytes"};
  }
  std::string methods_of(const std::string& path) const {
    std::string methods;
    for (const HttpRoute& route : routes_) {
      if (route.path != path) continue;
      methods += (methods.empty() ? "" : ", ") + (route.method == "GET" ? "GET, HEAD" : route.method);
    }
    return methods;
  }
  static HttpApiResponse wrong_method(const std::string& allowed) {
    HttpApiResponse answer =
        detail::problem_answer({405, "method_not_allowed", "this is there for the methods " + allowed});
    answer.headers.emplace_back("Allow", allowed);
    return answer;
  }
  /// Other types of content can be sent by pages of other origins without asking.
  static void check_type(const HttpApiRequest& request) {
    std::string_view type = request.header("Content-Type");
    type = type.substr(0, type.find_first_of("; "));
    if (detail::is_same_ignoring_case(type, "application/json")) return;
    throw HttpProblem{415, "unsupported_type", "the body must be sent with Content-Type: application/json"};
  }
  /// A browser asks each time whether what it has is still the file. @param known Tags of what it has.
  static HttpApiResponse answer_file(const HttpFile& file, std::string_view known) {
    const std::string tag = detail::entity_tag(file.content);
    HttpApiResponse answer{
        .headers = {{"ETag", tag},
                    {"Cache-Control", "no-cache"},
                    {"Content-Security-Policy",
                     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                     "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}}};
    if (known.find(tag) != std::string_view::npos) {
      answer.status = 304;
    } else {
      answer.headers.emplace_back("Content-Type", std::string{file.content_type});
      answer.body = std::string{file.content};
    }
    return answer;
  }
  std::unique_ptr<detail::HttpApiState> state_;
  std::vector<HttpRoute> routes_;
};

}  // namespace castore

#endif
