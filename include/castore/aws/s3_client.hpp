// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_S3_CLIENT_HPP
#define CASTORE_AWS_S3_CLIENT_HPP

#include <castore/aws/client.hpp>
#include <castore/aws/deadline.hpp>
#include <castore/aws/error_answers.hpp>
#include <castore/aws/http.hpp>
#include <castore/aws/http_client.hpp>
#include <castore/aws/signature_v4.hpp>
#include <castore/config.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

namespace detail {

/// A bucket's name, which is a part of hosts.
class S3Bucket {
 public:
  /// @throws AwsSettingsError
  explicit S3Bucket(std::string bucket) : bucket_{std::move(bucket)} {
    const auto is_of_name = [](char character) {
      return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') || character == '-' ||
             character == '.';
    };
    if (bucket_.size() < 3 || bucket_.size() > 63 || !std::ranges::all_of(bucket_, is_of_name)) {
      throw AwsSettingsError{"the bucket of S3 is not a name like pokemons-1: 3 to 63 of a-z, 0-9, - and ."};
    }
    // Certificates are for one name before `.s3`.
    if (bucket_.find('.') == std::string::npos) host_ = bucket_ + "." + host_;
  }

 protected:
  AwsService service() const noexcept { return {"Amazon S3", host_, "s3", "AWS_ENDPOINT_URL_S3"}; }

  std::string bucket_;
  std::string host_ = "s3.";
};

/// What S3 says of an error, which is XML.
inline AwsError read_s3_error(const HttpResponse& response, std::span<const std::string_view> secrets) {
  const auto text_of = [&](std::string_view element) {
    const std::string begin = std::string{"<"}.append(element).append(">");
    const std::size_t start = response.body.find(begin);
    if (start == std::string::npos) return std::string{};
    const std::size_t end = response.body.find('<', start + begin.size());
    return response.body.substr(start + begin.size(), end - start - begin.size());
  };
  const nlohmann::json answer{{"Code", text_of("Code")}};
  return {"Amazon S3", static_cast<int>(response.status), aws_error_code(answer, "Code", secrets),
          aws_error_message(text_of("Message"), secrets)};
}

}  // namespace detail

/// @brief Puts objects into a bucket of Amazon S3 and gets them; see `AwsHttpClient` for its guarantees. With an
/// endpoint of your own the bucket is a part of the path.
/// **Errors** `AwsError`, `AwsConnectionError`, `AwsCredentialsError`.
/// @code
/// castore::S3HttpClient bucket{"pokemons", {.region = "eu-west-1"}};
/// bucket.put_object("pikachu", R"({"level": 5})", "application/json");
/// const std::string pikachu = bucket.get_object("pikachu");
/// @endcode
class S3HttpClient : private detail::S3Bucket, public AwsHttpClient {
 public:
  /// @brief Reads the environment and the shared files; it does not connect yet.
  /// @throws AwsSettingsError when there is no region, or bucket, region or endpoint are none; AwsCredentialsError
  explicit S3HttpClient(std::string bucket, const AwsHttpClientOptions& options = {})
      : S3Bucket{std::move(bucket)}, AwsHttpClient{options, service()} {
    const bool is_in_host = endpoint().find("://" + bucket_ + ".s3.") != std::string::npos;
    if (!is_in_host) path_ = "/" + bucket_;
  }

  /// @brief The bucket's name.
  const std::string& bucket() const noexcept { return bucket_; }

  /// @brief Writes an object, and another one over one that is there. It sends one request.
  /// @throws AwsError, AwsConnectionError, AwsCredentialsError
  void put_object(const std::string& key, std::string_view content, const std::string& content_type,
                  std::chrono::steady_clock::time_point deadline = detail::no_deadline) {
    send("PUT", key, content, {{"content-type", content_type}}, deadline);
  }
  /// @brief Reads an object, of at most `max_answer_size` bytes. It sends one request.
  /// @throws AwsError, AwsConnectionError, AwsCredentialsError
  std::string get_object(const std::string& key, std::chrono::steady_clock::time_point deadline = detail::no_deadline) {
    return send("GET", key, {}, {}, deadline).body;
  }

  /// @brief An address by which whoever has it may read an object. It ends after `lifetime`, which S3 takes up to seven
  /// days, and with the credentials if they end earlier.
  /// @throws AwsCredentialsError
  std::string presigned_url(const std::string& key, std::chrono::seconds lifetime) {
    return AwsHttpClient::presigned_url(path_of(key), lifetime);
  }
  /// @brief Reads an object by such an address, without credentials.
  /// @throws AwsError, AwsConnectionError, which does not retry when the address is not one of this bucket
  std::string get_presigned(const std::string& url,
                            std::chrono::steady_clock::time_point deadline = detail::no_deadline) {
    if (!url.starts_with(endpoint() + path_ + "/")) {
      throw AwsConnectionError{"the address is not one of the bucket " + bucket_, false, false};
    }
    detail::HttpResponse response = get_without_keys(url, deadline);
    if (response.status != 200) throw detail::read_s3_error(response, {});
    return std::move(response.body);
  }

  /// @brief The key in an address of an object of this bucket, wherever that is: with the bucket in its host or in its
  /// path. Nothing when it is not one.
  std::optional<std::string> key_of(std::string_view url) const {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return std::nullopt;
    url = url.substr(scheme + 3);
    url = url.substr(0, url.find_first_of("?#"));
    const std::size_t slash = url.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const bool is_in_host = url.starts_with(bucket_ + ".");
    url = url.substr(slash);
    if (!is_in_host) {
      const std::size_t place = url.find("/" + bucket_ + "/");
      if (place == std::string_view::npos) return std::nullopt;
      url = url.substr(place + bucket_.size() + 1);
    }
    std::string key = detail::percent_decode(url.substr(1));
    return key.empty() ? std::nullopt : std::optional{std::move(key)};
  }

 private:
  std::string path_of(const std::string& key) const { return path_ + "/" + detail::percent_encode(key, true); }

  detail::HttpResponse send(const char* method, const std::string& key, std::string_view body,
                            detail::HttpHeaders headers, detail::Deadline deadline) {
    headers.emplace_back("x-amz-content-sha256", detail::hexadecimal(detail::sha256(body)));
    return AwsHttpClient::send(
        {.method = method, .path = path_of(key), .headers = std::move(headers), .body = body, .has_plain_path = true},
        deadline, detail::read_s3_error);
  }

  std::string path_{};
};

}  // namespace castore

#endif
