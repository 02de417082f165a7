// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_REFUSALS_HPP
#define CASTORE_ADAPTERS_POSTGRES_REFUSALS_HPP

/// @file
/// Why there is no connection, in words of our own. libpq and the server repeat pieces of what they were given in
/// theirs, and in a connection string with a mistake any piece may be the password.

#include <castore/adapters/postgres/errors.hpp>
#include <castore/config.hpp>
#include <castore/core/errors.hpp>

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>

namespace castore::detail {

/// What waiting does about a refused connection.
enum class PostgresRefusalKind {
  final,    ///< Nothing: somebody must mend something.
  passing,  ///< It may be otherwise soon.
  full,     ///< The server has no connection left; one of one's own may be free soon.
  unknown   ///< The server said something that we cannot read, as in another language than English.
};

struct PostgresRefusal {
  std::string_view words;  ///< Of libpq or the server, in English.
  PostgresRefusalKind kind;
  std::string_view text;
};

/// libpq does not tell the SQLSTATE of a refused connection, only words. With several hosts there are several reasons;
/// the first in this list counts.
inline constexpr PostgresRefusal postgres_refusals[] = {
    {"starting up", PostgresRefusalKind::passing, "the server is starting; do it again a little later"},
    {"shutting down", PostgresRefusalKind::passing, "the server is stopping; do it again when it is back"},
    {"recovery mode", PostgresRefusalKind::passing, "the server is recovering; do it again a little later"},
    {"not yet accepting", PostgresRefusalKind::passing, "the server is starting; do it again a little later"},
    {"too many clients", PostgresRefusalKind::full,
     "too many connections are open; do it again later, or let the server have more (max_connections)"},
    {"too many connections", PostgresRefusalKind::full,
     "too many connections are open for this role or database; do it again later, or raise its CONNECTION LIMIT"},
    {"remaining connection slots", PostgresRefusalKind::full,
     "too many connections are open; do it again later, or let the server have more (max_connections)"},
    {"no more connections allowed", PostgresRefusalKind::full,
     "too many connections are open; do it again later, or let the pooler have more (max_client_conn)"},
    {"no password supplied", PostgresRefusalKind::final, "the server asks for a password, and none was given"},
    {"certificate", PostgresRefusalKind::final,
     "a certificate was not accepted or not found; see sslmode, sslrootcert, sslcert and the name in the server's own"},
    {"password authentication failed", PostgresRefusalKind::final,
     "the server does not accept this user's password; it may have been changed or have expired"},
    {"not permitted to log in", PostgresRefusalKind::final, "the role may not log in; give it LOGIN, or another role"},
    {"pg_hba.conf", PostgresRefusalKind::final,
     "the server's pg_hba.conf does not let this user in from here, or not without encryption"},
    {"authentication failed", PostgresRefusalKind::final, "the server does not believe who connects; see pg_hba.conf"},
    {"permission denied for database", PostgresRefusalKind::final,
     "the role may not use this database; grant it CONNECT"},
    {"does not exist", PostgresRefusalKind::final,
     "the server has no such role or database; create it, or correct the name"},
    {"no such user", PostgresRefusalKind::final, "the pooler has no such user; add it, or correct the name"},
    {"no such database", PostgresRefusalKind::final, "the pooler has no such database; add it, or correct the name"},
    {"not currently accepting connections", PostgresRefusalKind::final,
     "the database accepts no connections; see ALLOW_CONNECTIONS"},
    {"configuration parameter", PostgresRefusalKind::final,
     "the server does not know a setting that options or PGOPTIONS give; correct it"},
    {"does not support SSL", PostgresRefusalKind::final, "the server has no TLS, which sslmode asks for"},
    {"definition of service", PostgresRefusalKind::final, "the service file has no such service; correct its name"},
    {"service file", PostgresRefusalKind::final, "the service file cannot be read; correct it"},
    {" required", PostgresRefusalKind::final, "the server does not do what a parameter of the connection requires"},
    {"invalid ", PostgresRefusalKind::final, "a parameter of the connection is not valid; correct it"},
    {"FATAL:", PostgresRefusalKind::unknown, "the server refuses"},
    {"Connection refused", PostgresRefusalKind::passing,
     "nothing listens there; see that the server runs, host and port"},
    {"timeout expired", PostgresRefusalKind::passing, "it did not answer within the connect timeout"},
    {"could not translate host name", PostgresRefusalKind::passing,
     "its host's name has no address; see the name, and the name service"},
    {"could not parse network address", PostgresRefusalKind::final, "hostaddr is not an address; correct it"},
    {"No such file", PostgresRefusalKind::passing, "there is no such Unix socket; see that the server runs, and host"},
    {"read-only", PostgresRefusalKind::passing, "no host is what target_session_attrs asks for; see that there is one"},
    {"hot standby", PostgresRefusalKind::passing,
     "no host is what target_session_attrs asks for; see that there is one"},
    {"closed the connection", PostgresRefusalKind::passing, "it closed the connection; see the server's log"},
    {"", PostgresRefusalKind::passing, "the network or the system refuses"},
};

inline const PostgresRefusal& postgres_refusal_of(std::string_view message) {
  return *std::ranges::find_if(postgres_refusals, [message](const PostgresRefusal& refusal) {
    return message.find(refusal.words) != std::string_view::npos;
  });
}

/// There is no connection, and nothing has happened.
class CASTORE_DETAIL_THROWN PostgresNotConnected : public StorageError {
 public:
  PostgresNotConnected(const std::string& what, PostgresRefusalKind kind)
      : StorageError{what, kind == PostgresRefusalKind::passing || kind == PostgresRefusalKind::full}, kind_{kind} {}

  PostgresRefusalKind kind() const noexcept { return kind_; }

 private:
  PostgresRefusalKind kind_;
};

/// @param name What an error message calls the table.
/// @param message What libpq says, of which nothing is repeated.
[[noreturn]] inline void throw_not_connected(const std::string& name, std::string_view message) {
  const PostgresRefusal& refusal = postgres_refusal_of(message);
  const std::string reason{refusal.text};
  try {
    throw PostgresError{{}, reason};
  } catch (const PostgresError&) {
    std::throw_with_nested(
        PostgresNotConnected{"cannot connect to the server of " + name + ": " + reason +
                                 ". (Its own words are not repeated, as they may hold a secret; psql shows them.)",
                             refusal.kind});
  }
}

/// What may be wrong with a connection string that libpq cannot read.
inline std::string_view postgres_syntax_hint(std::string_view message) {
  struct Hint {
    std::string_view words;
    std::string_view text;
  };
  static constexpr Hint hints[] = {
      {"percent-encoded", "a % in a URI begins an encoded character; the character % itself is %25"},
      {"missing \"=\"",
       "it is not a URI, which begins with postgresql://, and not a list of name=value, where a value with spaces "
       "stands in single quotes"},
      {"unterminated", "a single quote is not closed"},
      {"query parameter", "what follows ? in a URI is a list of name=value of libpq's parameters"},
      {"connection option", "it names a parameter that libpq does not have"},
  };
  for (const Hint& hint : hints) {
    if (message.find(hint.words) != std::string_view::npos) return hint.text;
  }
  return "it is not written as libpq reads it";
}

}  // namespace castore::detail

#endif
