// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_HTTP_HPP
#define CASTORE_ADAPTERS_DYNAMODB_HTTP_HPP

#include <castore/adapters/dynamodb/client.hpp>
#include <castore/detail/text.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

struct HttpRequest {
  std::string url{};
  std::vector<std::string> headers{};  ///< `Name: value`
  std::string method{"POST"};
  std::string_view body{};
};

struct HttpResponse {
  long status = 0;
  std::string body{};
  std::string date{};  ///< The header `Date`.
};

struct HttpOptions {
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds request_timeout{};
  std::string ca_file{};   ///< Empty: the system's.
  bool uses_proxy = true;  ///< That of the environment, if there is one.
};

/// One libcurl handle, which keeps its connection open. For one thread at a time.
class HttpConnection {
 public:
  explicit HttpConnection(const HttpOptions& options) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (initialised != CURLE_OK || handle_ == nullptr) throw std::bad_alloc{};
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.request_timeout.count()));
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
    if (!options.uses_proxy) set(CURLOPT_PROXY, "");
    set(CURLOPT_ERRORBUFFER, error_);
    set(CURLOPT_WRITEFUNCTION, &append_body);
    set(CURLOPT_WRITEDATA, &response_);
    set(CURLOPT_HEADERFUNCTION, &read_header);
    set(CURLOPT_HEADERDATA, &response_);
    set(CURLOPT_PREREQFUNCTION, &before_request);
    set(CURLOPT_PREREQDATA, this);
  }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// @throws DynamoDbConnectionError
  HttpResponse send(const HttpRequest& request) {
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{nullptr, &curl_slist_free_all};
    const auto add = [&headers](const char* header) {
      curl_slist* const longer = curl_slist_append(headers.get(), header);
      if (longer == nullptr) throw std::bad_alloc{};
      static_cast<void>(headers.release());
      headers.reset(longer);
    };
    add("Expect:");  // a body is sent at once, without asking
    for (const std::string& header : request.headers) add(header.c_str());
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
    error_[0] = '\0';
    const CURLcode code = curl_easy_perform(handle_.get());
    set(CURLOPT_HTTPHEADER, nullptr);
    if (code != CURLE_OK) throw_error(code, request.url);
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &response_.status);
    return std::move(response_);
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    if (const CURLcode code = curl_easy_setopt(handle_.get(), option, value); code != CURLE_OK) {
      throw DynamoDbConnectionError{std::string{"libcurl: "} + curl_easy_strerror(code), false, false};
    }
  }

  // libcurl repeats a request by itself when a kept connection turns out to be dead. It may have arrived all the same,
  // so whether it is repeated is for the caller to decide.
  static int before_request(void* self, char*, char*, int, int) {
    return ++static_cast<HttpConnection*>(self)->requests_ > 1 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
  }
  static std::size_t append_body(char* data, std::size_t, std::size_t size, void* response) {
    try {
      static_cast<HttpResponse*>(response)->body.append(data, size);
      return size;
    } catch (...) {
      return 0;
    }
  }
  static std::size_t read_header(char* data, std::size_t, std::size_t size, void* response) {
    constexpr std::string_view name = "date:";
    const std::string_view line{data, size};
    const bool is_date = line.size() > name.size() &&
                         std::equal(name.begin(), name.end(), line.begin(), [](char wanted, char character) {
                           return wanted == (character >= 'A' && character <= 'Z' ? character - 'A' + 'a' : character);
                         });
    if (is_date) {
      try {
        static_cast<HttpResponse*>(response)->date = line.substr(name.size());
      } catch (...) {
        return 0;
      }
    }
    return size;
  }

  [[noreturn]] void throw_error(CURLcode code, const std::string& url) const {
    constexpr CURLcode lasting[] = {CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_PEER_FAILED_VERIFICATION,
                                    CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM};
    const std::string reason = error_[0] != '\0' ? error_ : curl_easy_strerror(code);
    throw DynamoDbConnectionError{"no answer from " + in_quotes(url) + ": " +
                                      (requests_ > 1 ? "the connection was closed before the answer came" : reason) +
                                      " (libcurl result code " + std::to_string(code) + ")",
                                  requests_ > 0, std::ranges::find(lasting, code) == std::end(lasting)};
  }

  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_{curl_easy_init(), &curl_easy_cleanup};
  HttpResponse response_{};
  int requests_ = 0;
  char error_[CURL_ERROR_SIZE]{};
};

/// Up to so many connections for any number of threads. The one used last is used next, so that no more are opened than
/// are needed at the same time.
class HttpPool {
 public:
  HttpPool(HttpOptions options, std::size_t max_connections)
      : options_{std::move(options)}, max_connections_{std::max<std::size_t>(1, max_connections)} {}

  /// Waits for a connection when all are in use.
  /// @throws DynamoDbConnectionError
  HttpResponse send(const HttpRequest& request) {
    const Lease lease{*this};
    return lease.connection->send(request);
  }

 private:
  struct Lease {
    explicit Lease(HttpPool& pool_) : pool{pool_}, connection{pool_.take()} {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool.give_back(std::move(connection)); }

    HttpPool& pool;
    std::unique_ptr<HttpConnection> connection;
  };

  std::unique_ptr<HttpConnection> take() {
    std::unique_lock lock{mutex_};
    const auto is_free = [this] { return !idle_.empty() || used_ < max_connections_; };
    if (options_.request_timeout.count() == 0) {
      is_free_.wait(lock, is_free);
    } else if (!is_free_.wait_for(lock, options_.request_timeout, is_free)) {
      throw DynamoDbConnectionError{"all " + std::to_string(max_connections_) +
                                        " connections to DynamoDB were in use for " +
                                        std::to_string(options_.request_timeout.count()) +
                                        " ms; allow more by max_connections or call it from fewer threads",
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
