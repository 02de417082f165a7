// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_HTTP_HPP
#define CASTORE_AWS_HTTP_HPP

#include <castore/aws/client.hpp>
#include <castore/aws/deadline.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <iterator>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

struct HttpRequest {
  /// What an error calls the other side. The URL is in no error, as it may hold a password or a key; nor is what
  /// libcurl says in its own words, which may hold the URL, or that of a proxy.
  std::string peer{};
  std::string url{};
  std::vector<std::string> headers{};  ///< `Name: value`
  std::string method{"POST"};
  std::string_view body{};
  Deadline deadline = no_deadline;
};

struct HttpResponse {
  long status = 0;
  std::string body{};
  std::string date{};  ///< The header `Date`.
};

/// The most bytes of an answer's headers, and of answers that are credentials or say what went wrong.
inline constexpr std::size_t max_header_size = 64 * 1024;
inline constexpr std::size_t max_small_answer_size = 256 * 1024;

struct HttpOptions {
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds request_timeout{};  ///< From the beginning of `send`; 0 waits forever.
  std::string ca_file{};                        ///< Empty: the system's.
  bool uses_proxy = true;                       ///< That of the environment, if there is one.
  std::size_t max_answer_size = max_small_answer_size;
};

/// One libcurl handle, which keeps its connection open. For one thread at a time.
class HttpConnection {
 public:
  explicit HttpConnection(const HttpOptions& options)
      : request_timeout_{options.request_timeout}, max_answer_size_{options.max_answer_size} {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (initialised != CURLE_OK || handle_ == nullptr) throw std::bad_alloc{};
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, as_long(options.connect_timeout));
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
    if (!options.uses_proxy) set(CURLOPT_PROXY, "");
    set(CURLOPT_WRITEFUNCTION, &append_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &read_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_PREREQFUNCTION, &before_request);
    set(CURLOPT_PREREQDATA, this);
  }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// @throws AwsConnectionError
  HttpResponse send(const HttpRequest& request) {
    const Deadline deadline = (std::min)(request.deadline, deadline_after_timeout(request_timeout_));
    require_lines(request);
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{nullptr, &curl_slist_free_all};
    const auto add = [&headers](const char* header) {
      curl_slist* const longer = curl_slist_append(headers.get(), header);
      if (longer == nullptr) throw std::bad_alloc{};
      static_cast<void>(headers.release());
      headers.reset(longer);
    };
    add("Expect:");  // a body is sent at once, without asking
    for (const std::string& header : request.headers) add(header.c_str());
    long left = 0;  // libcurl waits forever
    if (deadline != no_deadline) {
      left = as_long(time_until(deadline));
      if (left <= 0) throw AwsConnectionError{"no time was left to ask " + request.peer, false};
    }
    set(CURLOPT_TIMEOUT_MS, left);
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_HTTPHEADER, headers.get());
    if (request.method == "GET") {
      set(CURLOPT_HTTPGET, 1L);
    } else {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
    }
    set(CURLOPT_CUSTOMREQUEST, request.method == "GET" ? nullptr : request.method.c_str());
    response_ = {};
    requests_ = 0;
    header_size_ = 0;
    is_too_large_ = false;
    const CURLcode code = curl_easy_perform(handle_.get());
    set(CURLOPT_HTTPHEADER, nullptr);
    if (code != CURLE_OK) throw_error(code, request.peer);
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &response_.status);
    return std::move(response_);
  }

 private:
  /// libcurl takes C strings, and sends line breaks as they are.
  static void require_lines(const HttpRequest& request) {
    constexpr std::string_view ends{"\r\n\0", 3};
    const auto has_end = [&](std::string_view text) { return text.find_first_of(ends) != std::string_view::npos; };
    if (has_end(request.url) || std::ranges::any_of(request.headers, has_end)) {
      throw AwsConnectionError{"the URL or a header for " + request.peer + " has a line break or NUL", false, false};
    }
  }

  template <class Value>
  void set(CURLoption option, Value value) {
    if (const CURLcode code = curl_easy_setopt(handle_.get(), option, value); code != CURLE_OK) {
      throw AwsConnectionError{std::string{"libcurl: "} + curl_easy_strerror(code), false, false};
    }
  }

  // libcurl repeats a request by itself when a kept connection turns out to be dead. It may have arrived, so
  // whether it is repeated is for the caller to decide.
  static int before_request(void* self, char*, char*, int, int) {
    return ++static_cast<HttpConnection*>(self)->requests_ > 1 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
  }
  // libcurl ends the request when these do not take what they are given.
  static std::size_t append_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& connection = *static_cast<HttpConnection*>(self);
    std::string& body = connection.response_.body;
    long status = 0;
    curl_easy_getinfo(connection.handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    const std::size_t most =
        status / 100 == 2 ? connection.max_answer_size_ : (std::min)(connection.max_answer_size_, max_small_answer_size);
    if (size > most - body.size()) {
      connection.is_too_large_ = true;
      return 0;
    }
    try {
      body.append(data, size);
      return size;
    } catch (...) {
      return 0;
    }
  }
  static std::size_t read_header(char* data, std::size_t, std::size_t size, void* self) {
    auto& connection = *static_cast<HttpConnection*>(self);
    if (size > max_header_size - connection.header_size_) {
      connection.is_too_large_ = true;
      return 0;
    }
    connection.header_size_ += size;
    constexpr std::string_view name = "date:";
    const std::string_view line{data, size};
    const bool is_date = line.size() > name.size() &&
                         std::equal(name.begin(), name.end(), line.begin(), [](char wanted, char character) {
                           return wanted == (character >= 'A' && character <= 'Z' ? character - 'A' + 'a' : character);
                         });
    try {
      if (is_date) connection.response_.date = line.substr(name.size());
      return size;
    } catch (...) {
      return 0;
    }
  }

  [[noreturn]] void throw_error(CURLcode code, const std::string& peer) const {
    if (is_too_large_) {
      throw AwsConnectionError{"the answer of " + peer +
                                   " is larger than is allowed: " + std::to_string(max_answer_size_) + " bytes, and " +
                                   std::to_string(max_header_size) + " of headers",
                               true, false};
    }
    constexpr CURLcode lasting[] = {CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_PEER_FAILED_VERIFICATION,
                                    CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM};
    throw AwsConnectionError{
        "no answer from " + peer + ": " +
            (requests_ > 1 ? "the connection was closed before the answer came" : curl_easy_strerror(code)) +
            " (libcurl result code " + std::to_string(code) + ")",
        requests_ > 0, std::ranges::find(lasting, code) == std::end(lasting)};
  }

  static long as_long(std::chrono::milliseconds time) {
    return static_cast<long>(std::min<std::chrono::milliseconds::rep>(time.count(), (std::numeric_limits<int>::max)()));
  }

  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_{curl_easy_init(), &curl_easy_cleanup};
  HttpResponse response_{};
  std::chrono::milliseconds request_timeout_;
  std::size_t max_answer_size_;
  int requests_ = 0;
  std::size_t header_size_ = 0;
  bool is_too_large_ = false;
};

/// Up to so many connections for any number of threads. The one used last is used next, so that no more are opened than
/// are needed at the same time.
class HttpPool {
 public:
  HttpPool(HttpOptions options, std::size_t max_connections)
      : options_{std::move(options)}, max_connections_{std::max<std::size_t>(1, max_connections)} {}

  /// Waits for a connection when all are in use. Waiting and asking share one time.
  /// @throws AwsConnectionError
  HttpResponse send(HttpRequest request) {
    request.deadline = (std::min)(request.deadline, deadline_after_timeout(options_.request_timeout));
    const Lease lease{*this, request};
    return lease.connection->send(request);
  }

 private:
  struct Lease {
    Lease(HttpPool& pool_, const HttpRequest& request) : pool{pool_}, connection{pool_.take(request)} {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool.give_back(std::move(connection)); }

    HttpPool& pool;
    std::unique_ptr<HttpConnection> connection;
  };

  std::unique_ptr<HttpConnection> take(const HttpRequest& request) {
    std::unique_lock lock{mutex_};
    const auto is_free = [this] { return !idle_.empty() || used_ < max_connections_; };
    if (request.deadline == no_deadline) {
      is_free_.wait(lock, is_free);
    } else if (!is_free_.wait_until(lock, request.deadline, is_free)) {
      throw AwsConnectionError{"all " + std::to_string(max_connections_) + " connections to " + request.peer +
                                   " were in use until the time was over; allow more by max_connections or call it "
                                   "from fewer threads",
                               false};
    }
    if (idle_.empty()) {
      auto fresh = std::make_unique<HttpConnection>(options_);
      idle_.reserve(used_ + 1);  // so that giving back cannot fail
      ++used_;
      return fresh;
    }
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    ++used_;
    return connection;
  }
  void give_back(std::unique_ptr<HttpConnection> connection) noexcept {
    {
      const std::lock_guard lock{mutex_};
      --used_;
      idle_.push_back(std::move(connection));
    }
    is_free_.notify_one();
  }

  HttpOptions options_;
  std::size_t max_connections_;
  std::mutex mutex_;
  std::condition_variable is_free_;
  std::vector<std::unique_ptr<HttpConnection>> idle_;
  std::size_t used_ = 0;
};

}  // namespace castore::detail

#endif
