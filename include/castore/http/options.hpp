// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_OPTIONS_HPP
#define CASTORE_HTTP_OPTIONS_HPP

#include <castore/core/dead_letters.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/http/message.hpp>
#include <castore/http/route.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace castore {

/// @brief A file that is served as it is, such as a part of the web page.
struct HttpFile {
  std::string_view path{};          ///< What is asked for: `/` or `/page/app.js`.
  std::string_view content_type{};  ///< `text/javascript`.
  std::string_view content{};       ///< Its bytes.
};

/// @brief How far a projection or subscription has come.
struct HttpProjection {
  std::string name{};        ///< Its name.
  int version = 0;           ///< Its version.
  Position position = 0;     ///< It has handled the events up to here.
  std::string state{};       ///< A word for people; empty: not known.
  std::string updated_at{};  ///< When it moved; empty: not known.
};

/// @brief An event that a projection or subscription left out.
struct HttpDeadLetter {
  std::string name{};        ///< Whose it is.
  int version = 0;           ///< Whose it is.
  EventDeadLetter letter{};  ///< What went wrong.
};

/// @brief How an `HttpApi` answers. What is empty here is refused, or not there.
struct HttpApiOptions {
  std::string database{};  ///< What is shown of the database: a name, never a secret.
  /// @brief Requests are answered whose header `Host` has one of these names, whatever the port. A page of another site
  /// cannot reach the server by a name of its own (DNS rebinding).
  std::vector<std::string> hosts{"localhost", "127.0.0.1", "[::1]"};
  /// @brief Writes are answered that carry it, as `Authorization: Bearer TOKEN`. Empty: there are no writes.
  std::string token{};
  bool allow_force = false;  ///< `force` is permitted to who has the token.
  /// @brief Decides instead of the token, for reads, too: 403 where it returns false.
  std::function<bool(const HttpApiRequest&, HttpOperation)> authorize{};
  std::size_t max_body_size = std::size_t{16} * 1024 * 1024;       ///< In bytes; larger ones are answered by 413.
  std::size_t max_answer_size = std::size_t{16} * 1024 * 1024;     ///< A page of events ends where it gets larger.
  /// @brief Of an `Explorer`: to tell which event last changed each field, it looks at the state after every event.
  /// When these states are larger together, in bytes of their JSON, the answer is 422. 64 MB take a second or two.
  std::size_t max_compared_size = std::size_t{64} * 1024 * 1024;
  std::size_t max_streams = 32;                                    ///< Open subscriptions; more are answered by 503.
  std::chrono::milliseconds heartbeat = std::chrono::seconds{15};  ///< Of a subscription without events.
  std::function<std::vector<HttpProjection>()> projections{};      ///< For `/v1/projections`.
  std::function<std::vector<HttpDeadLetter>()> dead_letters{};     ///< For `/v1/dead-letters`.
  std::vector<HttpFile> files{};                                   ///< Served as they are, to everybody who may read.
  std::function<Timestamp()> clock{system_timestamp};              ///< For events without a timestamp.
};

}  // namespace castore

#endif
