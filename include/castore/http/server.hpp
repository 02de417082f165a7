// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_SERVER_HPP
#define CASTORE_HTTP_SERVER_HPP

#include <castore/core/errors.hpp>
#include <castore/detail/stop_token.hpp>
#include <castore/detail/text.hpp>
#include <castore/http/connection_threads.hpp>
#include <castore/http/http_api.hpp>
#include <castore/http/message.hpp>
#include <castore/http/problem.hpp>

#include <httplib.h>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace castore {

/// @brief A server cannot listen where it was told to.
/// **Handling:** fix: choose another port, or an address of this machine.
class CASTORE_DETAIL_THROWN HttpServerError : public Error {
 public:
  /// @brief Says what is wrong with which address.
  explicit HttpServerError(const std::string& what) : Error{"castore: " + what} {}
};

/// @brief Where a server listens, and how many it serves.
struct HttpServerOptions {
  /// @brief An address of this machine. Whoever can reach it can read: others than loopback's are for a network where
  /// everybody may, or for a proxy that asks for passwords and speaks TLS.
  std::string address{"127.0.0.1"};
  int port = 0;  ///< 0: one that is free.
  /// @brief Clients at the same time, each with a thread that starts when there is none to spare; others wait.
  std::size_t max_connections = 256;
  std::chrono::seconds idle_timeout{5};   ///< A connection without a request is closed.
  std::chrono::seconds read_timeout{5};   ///< For each part of a request to come.
  std::chrono::seconds write_timeout{5};  ///< For each part of an answer to be taken.
};

namespace detail {

class HttpListener : public httplib::Server {
 public:
  ~HttpListener() override {
    if (socket_ != INVALID_SOCKET) ::close(socket_);
  }

  /// More than the library asks for: of many that come at once none has to try again.
  void make_room() {
    constexpr int backlog = 512;
    socket_ = svr_sock_;
    ::listen(socket_, backlog);
  }
  /// False when it ended though it was not told to.
  bool run() {
    if (listen_after_bind()) return true;
    socket_ = INVALID_SOCKET;  // closed by the library
    return false;
  }
  /// As `stop`, but before `run` as well, and the number of the socket is nobody else's as long as a thread uses it.
  void end() {
    if (const auto socket = svr_sock_.exchange(INVALID_SOCKET); socket != INVALID_SOCKET) {
      ::shutdown(socket, SHUT_RDWR);
    }
  }

 private:
  socket_t socket_ = INVALID_SOCKET;
};

}  // namespace detail

/// @brief Serves an `HttpApi` over HTTP/1.1, without TLS.
///
/// **Guarantees:** it listens from its construction on, and answers in `serve`, on threads that it joins before `serve`
/// returns. A subscriber that goes away is noticed within a second. So is one who waits by `wait=`, if cpp-httplib has
/// `Request::is_connection_closed`; with older versions, as that of Debian 12, its place is kept until the wait ends.
/// **Errors:** `HttpServerError`.
///
/// @code
/// castore::HttpServer server{api, {.port = 8080}};
/// server.serve();  // until another thread calls server.stop()
/// @endcode
class HttpServer {
 public:
  /// @brief Listens. @param api It must outlive the server. @throws HttpServerError
  explicit HttpServer(const HttpApi& api, const HttpServerOptions& options = {}) : api_{api} {
    // SO_REUSEPORT, which is httplib's habit, would let two servers share a port.
    listener_.set_socket_options([](auto socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    listener_.set_tcp_nodelay(true);
    constexpr std::size_t any_number = 1'000'000;
    listener_.set_keep_alive_max_count(any_number);
    const std::chrono::duration<std::time_t> idle_timeout = options.idle_timeout;
    listener_.set_keep_alive_timeout(idle_timeout.count());
    listener_.set_read_timeout(options.read_timeout);
    listener_.set_write_timeout(options.write_timeout);
    listener_.set_payload_max_length(api.options().max_body_size);
    listener_.new_task_queue = [most = options.max_connections] { return new detail::ConnectionThreads{most}; };
    route_requests();
    errno = 0;
    port_ = options.port == 0                                       ? listener_.bind_to_any_port(options.address)
            : listener_.bind_to_port(options.address, options.port) ? options.port
                                                                    : -1;
    if (port_ < 0) {
      throw HttpServerError{"cannot listen at " + detail::in_quotes(options.address) + " port " +
                            std::to_string(options.port) +
                            (errno == 0 ? "" : ": " + std::generic_category().message(errno))};
    }
    listener_.make_room();
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// @brief The port that it listens at.
  int port() const noexcept { return port_; }
  /// @brief Answers requests until it is stopped. To be called once. @throws HttpServerError
  void serve() {
    if (listener_.run()) return;
    throw HttpServerError{"the server at port " + std::to_string(port_) +
                          " ended: " + std::generic_category().message(errno)};
  }
  /// @brief Ends `serve`, which waits for requests that are being answered. Any thread may call it.
  void stop() {
    stopping_.request_stop();
    listener_.end();
  }

 private:
  HttpApiRequest request_of(const httplib::Request& request, std::string body = {}) const {
    HttpApiRequest result{.method = request.method,
                          .target = request.target,
                          .body = std::move(body),
                          .stop_token = stopping_.get_token()};
    for (const auto& [name, value] : request.headers) result.headers.emplace_back(name, value);
    note_client(request, result);
    return result;
  }

  /// Newer versions of httplib know whether the client has gone.
  template <class Request>
  static void note_client(const Request& request, HttpApiRequest& result) {
    if constexpr (requires { result.is_gone = request.is_connection_closed; }) {
      result.is_gone = request.is_connection_closed;
    }
  }

  void route_requests() {
    const char* const everything = "[\\s\\S]*";
    // An answer is one whole. httplib would cut it, and repeat it as often as a header Range has ranges.
    listener_.set_pre_routing_handler([](const httplib::Request& request, httplib::Response&) {
      const_cast<httplib::Request&>(request).ranges.clear();
      return httplib::Server::HandlerResponse::Unhandled;
    });
    const auto answer = [this](const httplib::Request& request, httplib::Response& response) {
      give(api_.handle(request_of(request)), response);
      if (has_body(request)) end_after(request, response);
    };
    const auto answer_body = [this](const httplib::Request& request, httplib::Response& response,
                                    const httplib::ContentReader& read) {
      std::string body;
      const std::size_t most = api_.options().max_body_size;
      read([&](const char* data, std::size_t size) {
        // One byte too many is kept, by which the handler sees that there were more.
        body.append(data, (std::min)(size, most + 1 - body.size()));
        return true;
      });
      if (response.status < 400) give(api_.handle(request_of(request, std::move(body))), response);
      if (request.method == "DELETE" && request.has_header("Transfer-Encoding")) end_after(request, response);
    };
    listener_.Get(everything, answer);
    listener_.Options(everything, answer);
    listener_.Post(everything, answer_body);
    listener_.Put(everything, answer_body);
    listener_.Patch(everything, answer_body);
    listener_.Delete(everything, answer_body);
    listener_.set_error_handler(httplib::Server::Handler{[this](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty() && !response.content_provider_) explain(response);
    }});
  }

  /// httplib does not read the body of a request that needs none, and would take it for the next request.
  static bool has_body(const httplib::Request& request) {
    return request.has_header("Transfer-Encoding") || request.get_header_value_count("Content-Length") > 1 ||
           (request.has_header("Content-Length") && request.get_header_value("Content-Length") != "0");
  }
  /// Ends the connection behind an answer, for which httplib has no other way than a provider that fails.
  static void end_after(const httplib::Request& request, httplib::Response& response) {
    if (response.content_provider_) return;  // a stream, which ends so
    const bool has_answer = request.method != "HEAD";
    const_cast<httplib::Request&>(request).method = "GET";  // for HEAD no provider is called
    const std::string type = response.get_header_value("Content-Type");
    response.headers.erase("Content-Type");
    response.set_header("Connection", "close");
    std::string body = has_answer ? std::move(response.body) : std::string{};
    response.body.clear();
    response.set_chunked_content_provider(type,
                                          [body = std::move(body), has_answer](std::size_t, httplib::DataSink& sink) {
                                            if (!body.empty()) sink.write(body.data(), body.size());
                                            if (has_answer) sink.done();
                                            return false;
                                          });
  }

  /// What httplib refuses by itself.
  void explain(httplib::Response& response) {
    const std::string_view what = response.status >= 500   ? "the server failed"
                                  : response.status == 413 ? "the body is too large"
                                  : response.status == 414 ? "the URL is longer than 8192 bytes"
                                                           : "this is not a request that can be understood";
    HttpApiResponse answer = detail::problem_answer(
        {response.status, response.status >= 500 ? "error" : "invalid_request", std::string{what}});
    detail::add_protecting_headers(answer);
    give(std::move(answer), response);
  }

  void give(HttpApiResponse answer, httplib::Response& response) {
    response.status = answer.status;
    const std::string type{answer.header("Content-Type")};
    for (const auto& [name, value] : answer.headers) {
      if (!detail::is_same_ignoring_case(name, "Content-Type")) response.set_header(name, value);
    }
    if (answer.stream) {
      response.set_chunked_content_provider(
          type, [this, stream = std::move(answer.stream)](std::size_t, httplib::DataSink& sink) {
            return run(stream, sink);
          });
    } else if (!type.empty()) {
      response.set_content(answer.body, type);
    }
  }

  /// @return False to end the connection, which tells the client that there may be more.
  bool run(const std::function<void(const HttpStreamTarget&)>& stream, httplib::DataSink& sink) noexcept try {
    const auto write = [&sink](std::string_view text) {
      return sink.is_writable() && (text.empty() || sink.write(text.data(), text.size()));
    };
    stream({write, stopping_.get_token()});
    return false;
  } catch (...) {
    return false;
  }

  const HttpApi& api_;
  std::stop_source stopping_;
  detail::HttpListener listener_;
  int port_ = -1;
};

}  // namespace castore

#endif
