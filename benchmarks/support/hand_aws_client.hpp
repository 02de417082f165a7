// SPDX-License-Identifier: MIT
#ifndef CASTORE_BENCHMARKS_SUPPORT_HAND_AWS_CLIENT_HPP
#define CASTORE_BENCHMARKS_SUPPORT_HAND_AWS_CLIENT_HPP

#include <castore/aws/signature_v4.hpp>

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace benchmarks {

inline const castore::AwsCredentials aws_credentials{"CASTORE", "castore/secret+key", {}, {}};
inline constexpr std::string_view aws_region = "eu-west-1";

/// A request is signed, sent on one kept connection, and its answer collected; nothing else.
class HandAwsClient {
 public:
  /// @param service As signatures call it. @param prefix Of operations, such as `DynamoDB_20120810.`.
  HandAwsClient(const std::string& endpoint, std::string service, std::string prefix)
      : service_{std::move(service)},
        prefix_{std::move(prefix)},
        url_{endpoint + "/"},
        host_{endpoint.substr(endpoint.find("//") + 2)} {
    curl_easy_setopt(curl_, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer_);
  }
  HandAwsClient(const HandAwsClient&) = delete;
  HandAwsClient& operator=(const HandAwsClient&) = delete;
  ~HandAwsClient() { curl_easy_cleanup(curl_); }

  const std::string& call(std::string_view operation, const std::string& body) {
    const auto time = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::string date = castore::detail::amz_date(time);
    const std::string target = prefix_ + std::string{operation};
    const auto signature = castore::detail::sign_v4({.method = "POST",
                                                     .headers = {{"content-type", "application/x-amz-json-1.0"},
                                                                 {"host", host_},
                                                                 {"x-amz-date", date},
                                                                 {"x-amz-target", target}},
                                                     .body = body},
                                                    aws_credentials, {aws_region, service_, time});
    curl_slist* headers = nullptr;
    for (const std::string& header :
         {std::string{"Expect:"}, std::string{"content-type: application/x-amz-json-1.0"}, "x-amz-date: " + date,
          "x-amz-target: " + target, "authorization: " + signature.authorization}) {
      headers = curl_slist_append(headers, header.c_str());
    }
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.data());
    answer_.clear();
    const CURLcode code = curl_easy_perform(curl_);
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (code != CURLE_OK || status != 200) throw std::runtime_error{answer_};
    return answer_;
  }

 private:
  static std::size_t append(char* data, std::size_t, std::size_t size, void* answer) {
    static_cast<std::string*>(answer)->append(data, size);
    return size;
  }

  CURL* curl_ = curl_easy_init();
  std::string service_;
  std::string prefix_;
  std::string url_;
  std::string host_;
  std::string answer_;
};

}  // namespace benchmarks

#endif
