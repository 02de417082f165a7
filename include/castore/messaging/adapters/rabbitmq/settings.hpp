// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_RABBITMQ_SETTINGS_HPP
#define CASTORE_MESSAGING_ADAPTERS_RABBITMQ_SETTINGS_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief TLS of a connection whose URL begins with `amqps://`.
struct RabbitMqTls {
  std::string ca_file{};           ///< A PEM file with the authorities that are trusted. Needed to verify the broker.
  std::string certificate_file{};  ///< A PEM file with the certificate by which the client proves who it is, if any.
  std::string key_file{};          ///< A PEM file with that certificate's key.
  bool verify = true;              ///< Whether the broker's certificate and host name are checked.
};

/// @brief How a broker is reached.
struct RabbitMqConnectionOptions {
  /// @brief How long a call may take, with all its attempts to connect: to publish messages and have them confirmed, or
  /// to begin to consume. At least 1 ms. The search for the host's address is not bounded by it: the system makes it,
  /// as `/etc/resolv.conf` says (by default, 5 s for each of two attempts to ask each name server). Where name servers
  /// may be silent, write the broker's address into the URL, or set `options timeout:1 attempts:1` there.
  std::chrono::milliseconds timeout{30'000};
  RabbitMqTls tls{};  ///< For `amqps://`.
};

namespace detail {

/// A name of an exchange or queue. @throws std::invalid_argument
inline std::string rabbitmq_name(std::string name, const char* what) {
  constexpr std::size_t longest = 255;
  if (name.empty() || name.size() > longest || !is_utf8_without_nul(name) || safe_text(name, 1000) != name) {
    throw std::invalid_argument{std::string{"castore: "} + what + " " + in_quotes(name) +
                                ": write 1 to 255 bytes of UTF-8 without control characters"};
  }
  return name;
}

/// Where a broker is and who is asking. What it throws and what it shows holds nothing of user and password.
struct RabbitMqSettings {
  bool uses_tls = false;
  std::string host{"localhost"};
  int port = 0;
  std::string user{"guest"};
  std::string password{"guest"};
  std::string virtual_host{"/"};
  RabbitMqConnectionOptions options{};

  /// What errors call it.
  std::string broker() const { return "RabbitMQ at " + safe_text(host, 200) + ":" + std::to_string(port); }

  /// `amqp://user:password@host:port/virtual_host`, all but the scheme and the host may be left out.
  /// Source: RabbitMQ URI Specification. @throws std::invalid_argument
  static RabbitMqSettings parse(std::string_view url, RabbitMqConnectionOptions options) {
    RabbitMqSettings settings;
    settings.uses_tls = url.starts_with("amqps://");
    if (!settings.uses_tls && !url.starts_with("amqp://")) refuse("it must begin with amqp:// or amqps://");
    url.remove_prefix(settings.uses_tls ? 8 : 7);
    if (url.find_first_of("?#") != std::string_view::npos) {
      refuse("it has parameters; set them by the options, and write ? in other parts as %3F, # as %23");
    }
    const std::size_t slash = url.find('/');
    const std::string_view authority = url.substr(0, slash);
    if (slash != std::string_view::npos) {
      const std::string_view path = url.substr(slash + 1);
      if (path.find_first_of("/@") != std::string_view::npos) {
        refuse("in user, password and virtual host, write / as %2F and @ as %40");
      }
      if (!path.empty()) settings.virtual_host = decoded(path);
    }
    const std::size_t at = authority.find('@');
    if (authority.rfind('@') != at) refuse("in user and password, write @ as %40");
    if (at != std::string_view::npos) {
      const std::string_view credentials = authority.substr(0, at);
      const std::size_t colon = credentials.find(':');
      settings.user = decoded(credentials.substr(0, colon));
      settings.password = colon == std::string_view::npos ? std::string{} : decoded(credentials.substr(colon + 1));
    }
    settings.read_address(at == std::string_view::npos ? authority : authority.substr(at + 1));
    settings.options = std::move(options);
    settings.check_options();
    return settings;
  }

 private:
  [[noreturn]] static void refuse(const char* what) {
    throw std::invalid_argument{std::string{"castore: the URL of RabbitMQ is not valid: "} + what};
  }

  void read_address(std::string_view address) {
    const std::size_t bracket = address.starts_with('[') ? address.find(']') : 0;
    if (bracket == std::string_view::npos) refuse("the address of IPv6 has no ]");
    const std::size_t colon = address.find(':', bracket);
    const std::string_view name = address.substr(0, colon);
    if (name.empty()) refuse("it has no host");
    host = bracket > 0 ? std::string{name.substr(1, bracket - 1)} : decoded(name);
    port = uses_tls ? 5671 : 5672;
    if (colon == std::string_view::npos) return;
    const std::optional<int> number = parse_integer<int>(address.substr(colon + 1));
    if (!number || *number < 1 || *number > 65'535) refuse("the port must be a number from 1 to 65535");
    port = *number;
  }

  void check_options() const {
    if (options.timeout < std::chrono::milliseconds{1} || options.timeout > std::chrono::hours{24}) {
      throw std::invalid_argument{"castore: the timeout is out of range: 1 ms to 24 h"};
    }
    if (uses_tls && options.tls.verify && options.tls.ca_file.empty()) {
      throw std::invalid_argument{"castore: to verify the broker, name the file of trusted authorities in tls.ca_file"};
    }
    if (options.tls.certificate_file.empty() != options.tls.key_file.empty()) {
      throw std::invalid_argument{"castore: tls.certificate_file and tls.key_file need each other"};
    }
  }

  static std::string decoded(std::string_view text) {
    const auto digit = [](char character) -> int {
      if (character >= '0' && character <= '9') return character - '0';
      if (character >= 'a' && character <= 'f') return character - 'a' + 10;
      if (character >= 'A' && character <= 'F') return character - 'A' + 10;
      refuse("a % must be followed by two hexadecimal digits");
    };
    std::string result;
    for (std::size_t place = 0; place < text.size(); ++place) {
      if (text[place] != '%') {
        result += text[place];
        continue;
      }
      if (place + 2 >= text.size()) refuse("a % must be followed by two hexadecimal digits");
      result += static_cast<char>(digit(text[place + 1]) * 16 + digit(text[place + 2]));
      place += 2;
    }
    if (result.find('\0') != std::string::npos) refuse("%00 is not allowed");
    return result;
  }
};

}  // namespace detail

}  // namespace castore

#endif
