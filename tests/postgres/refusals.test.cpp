// SPDX-License-Identifier: MIT
// Who cannot connect: what is said, what is not said, how often the server is asked, and credentials that change.

#include <castore/adapters/postgres.hpp>

#include "postgres/support/postgres.hpp"
#include "postgres/support/proxy.hpp"
#include "support/catch.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace castore;
using namespace castore::postgres_tests;
using namespace std::chrono_literals;

/// A role that must give the password 'right'; pg_hba.conf knows it by its name.
void create_locked_role() {
  PlainPostgres{}.rows("DO $$ BEGIN CREATE ROLE locked LOGIN PASSWORD 'right'; EXCEPTION WHEN others THEN END $$");
  PlainPostgres{}.rows("ALTER ROLE locked LOGIN PASSWORD 'right' CONNECTION LIMIT -1");
}

std::string at_port() { return connection().substr(connection().find('@')); }

Failure failure_to_connect(const std::string& to) {
  PostgresEventStorageAdapter storage{to, {.connect_timeout = 0s}};
  return failure_of([&] { load(storage, "pikachu"); });
}

/// An environment variable, until the test ends.
class TempEnvironment {
 public:
  TempEnvironment(const char* name, const std::string& value) : name_{name} { setenv(name, value.c_str(), 1); }
  TempEnvironment(TempEnvironment&&) = delete;
  ~TempEnvironment() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST_CASE("who cannot connect is told why, and whether that may change by itself", "[postgres]") {
  create_locked_role();
  struct Case {
    std::string connection;
    bool retryable;
    std::string_view reason;
  };
  const std::string server = connection();
  const Case cases[] = {
      {"postgresql://locked:wrong" + at_port(), false, "the server does not accept this user's password"},
      {"postgresql://locked" + at_port() + "?passfile=/nonexistent", false, "asks for a password, and none was given"},
      {"postgresql://nobody_here" + at_port(), false, "the server has no such role or database"},
      {server.substr(0, server.rfind('/')) + "/nowhere", false, "the server has no such role or database"},
      {server + "?sslmode=nonsense", false, "a parameter of the connection is not valid"},
      {server + "?port=x", false, "a parameter of the connection is not valid"},
      {server + "?sslmode=verify-full&sslrootcert=/dev/null", false, "a certificate was not accepted"},
      {server + "?options=-c%20nonsense%3D1", false, "the server does not know a setting"},
      {server + "?service=nonsense", false, "the service file"},
      {server + "?target_session_attrs=standby", true, "no host is what target_session_attrs asks for"},
      {"host=127.0.0.1 port=1 user=postgres dbname=postgres", true, "nothing listens there"},
      {"host=/nonexistent user=postgres dbname=postgres", true, "there is no such Unix socket"},
  };
  for (const Case& expected : cases) {
    const Failure error = failure_to_connect(expected.connection);
    INFO(expected.connection << ": " << error.what);
    CHECK(error.says("castore: cannot connect to the server of PostgreSQL table \"event\": "));
    CHECK(error.says(expected.reason));
    CHECK(error.says("psql shows them"));
    CHECK(error.retryable == expected.retryable);
    CHECK(error.sqlstate == "");
  }

  PlainPostgres{}.rows("ALTER ROLE locked CONNECTION LIMIT 0");
  const Failure full = failure_to_connect("postgresql://locked:right" + at_port());
  CHECK(full.says("too many connections are open for this role or database"));
  CHECK(full.retryable);
  PlainPostgres{}.rows("ALTER ROLE locked NOLOGIN CONNECTION LIMIT -1");
  const Failure locked = failure_to_connect("postgresql://locked:right" + at_port());
  CHECK(locked.says("the role may not log in"));
  CHECK_FALSE(locked.retryable);
  create_locked_role();
  CHECK(failure_to_connect("postgresql://locked:right" + at_port()).says("there is no PostgreSQL table \"event\""));
}

TEST_CASE("a server that speaks another language is waited for, and its refusals are not called retryable",
          "[postgres]") {
  using enum detail::PostgresRefusalKind;
  const auto kind_of = [](std::string_view words) { return detail::postgres_refusal_of(words).kind; };
  CHECK(kind_of("FATAL:  Passwort-Authentifizierung f\xc3\xbcr Benutzer fehlgeschlagen") == unknown);
  CHECK_FALSE(detail::PostgresNotConnected{"", unknown}.retryable());
  CHECK(kind_of("FATAL:  the database system is starting up") == passing);
  CHECK(kind_of("FATAL:  the database system is shutting down") == passing);
  CHECK(kind_of("FATAL:  the database system is in recovery mode") == passing);
  CHECK(kind_of("FATAL:  sorry, too many clients already") == full);
  CHECK(kind_of("FATAL:  remaining connection slots are reserved for non-replication superuser connections") == full);
  CHECK(kind_of("FATAL:  no more connections allowed (max_client_conn)") == full);
  CHECK(kind_of("FATAL:  no pg_hba.conf entry for host \"10.0.0.1\"") == final);
  CHECK(kind_of("FATAL:  permission denied for database \"a\"") == final);
  CHECK(kind_of("connection to server failed: server closed the connection unexpectedly") == passing);
  CHECK(kind_of("could not parse network address \"a\": Name or service not known") == final);
  CHECK(kind_of("could not translate host name \"a\" to address: Name or service not known") == passing);
  CHECK(kind_of("connection to server failed: Connection refused\nFATAL:  role \"a\" does not exist") == final);
  CHECK(kind_of("FATAL:  the database system is starting up\nFATAL:  role \"a\" does not exist") == passing);
}

TEST_CASE("no error holds a piece of a connection string, whatever is wrong with it", "[postgres]") {
  // Names are not looked up, and no other server than ours is asked.
  const TempEnvironment address{"PGHOSTADDR", "127.0.0.1"};
  const TempEnvironment port{"PGPORT", "1"};
  const auto directory = std::filesystem::temp_directory_path();
  const auto service_file = directory / ("castore_service_" + std::to_string(getpid()));
  std::ofstream{service_file} << "[broken]\npassword S3cret\n[unknown]\nS3cret=1\n[host]\nhost=a@S3cret@b\n";
  const TempEnvironment service{"PGSERVICEFILE", service_file.string()};
  const std::string at_ours = at_port().substr(0, at_port().find('/'));  // @127.0.0.1:port

  const std::string strings[] = {
      "postgresql://user:S3cret%@host/database",
      "postgresql://user:S3cret%zz@host/database",
      "postgresql://user:S3cret%00@host/database",
      "postgresql://user:a@S3cret@host/database",
      "postgresql://user:S3cret@a@host/database",
      "postgresql://user:a/S3cret@host/database",
      "postgresql://user:12/S3cret@host/database",
      "postgresql://user:S3cret/b@host/database",
      "postgresql://user:a?S3cret@host/database",
      "postgresql://user:12?S3cret=1@host/database",
      "postgresql://user:12?sslmode=S3cret@host/database",
      "postgresql://user:a#S3cret@host/database",
      "postgresql://user:a:S3cret@host:x/database",
      "postgresql://user:[S3cret@host/database",
      "postgresql://[S3cret@host/database",
      "postgresql://[::1]S3cret@host/database",
      "postgresql://user:S3cret host/database",
      "postgresql:/user:S3cret@host/database",
      "postgresql//user:S3cret@host/database",
      "postgres//user:S3cret@host/database",
      "postgres:user:S3cret@host/database",
      "http://user:S3cret@host/database",
      "user:S3cret@host/database",
      "S3cret",
      "password=a S3cret",
      "password=a S3cret host=host",
      "password='a S3cret host=host",
      "password=a'b S3cret",
      "pasword=S3cret",
      "password=12 host=S3cret",
      "password=a dbname=S3cret user=postgres host=127.0.0.1 port=" + at_ours.substr(at_ours.rfind(':') + 1),
      "host='user:S3cret@host'",
      "dbname='postgresql://user:S3cret@host/database'",
      "port=S3cret",
      "hostaddr=S3cret",
      "connect_timeout=S3cret",
      "sslmode=S3cret",
      "sslmode=verify-full sslrootcert=/S3cret",
      "sslcert=/S3cret sslkey=/S3cret sslpassword=S3cret",
      "ssl_min_protocol_version=S3cret",
      "channel_binding=S3cret",
      "gssencmode=S3cret",
      "target_session_attrs=S3cret",
      "keepalives=S3cret",
      "client_encoding=S3cret",
      "application_name=S3cret",
      "passfile=/S3cret",
      "service=S3cret",
      "service=broken",
      "service=unknown",
      "service=host",
      "postgresql://S3cret" + at_ours + "/postgres",
      "postgresql://postgres" + at_ours + "/S3cret",
      "postgresql://postgres" + at_ours + "/postgres?options=-c%20S3cret%3D1",
      "postgresql://postgres" + at_ours + "/postgres?options=-c%20datestyle%3DS3cret",
      "postgresql://locked:S3cret" + at_ours + "/postgres",
  };
  create_locked_role();
  const auto check_error_of = [](const auto& make) {
    const auto check = [](const auto& self, const std::exception& error) -> void {
      INFO(error.what());
      CHECK_FALSE(contains(error.what(), "S3cret"));
      CHECK_FALSE(contains(error.what(), "S3c"));
      try {
        std::rethrow_if_nested(error);
      } catch (const std::exception& nested) {
        self(self, nested);
      }
    };
    try {
      make();
      FAIL_CHECK("an error was expected");
    } catch (const StorageError& error) {
      check(check, error);
      CHECK((contains(error.what(), "cannot be read: ") || contains(error.what(), "cannot connect to the server of") ||
             contains(error.what(), "there is no PostgreSQL table")));
    }
  };
  for (const std::string& string : strings) {
    CAPTURE(string);
    check_error_of([&] {
      PostgresEventStorageAdapter storage{string, {.table_name = "nowhere", .connect_timeout = 0s}};
      load(storage, "pikachu");
    });
  }
  const PostgresConnectionParameters sets[] = {
      {{"host", "user:S3cret@host"}},
      {{"dbname", "postgresql://user:S3cret@host/database"}, {"host", "127.0.0.1"}},
      {{"S3cret", "x"}},
      {{"pasword", "S3cret"}},
  };
  for (const PostgresConnectionParameters& parameters : sets) {
    check_error_of([&] {
      PostgresEventStorageAdapter storage{parameters, {.table_name = "nowhere", .connect_timeout = 0s}};
      load(storage, "pikachu");
    });
    check_error_of([&] {
      PostgresEventStorageAdapter storage{
          connection(), {.table_name = "nowhere", .connect_timeout = 0s, .credentials = [&] { return parameters; }}};
      load(storage, "pikachu");
    });
  }
  std::filesystem::remove(service_file);
}

TEST_CASE("a connection that was made is named in errors, also when there is none any more", "[postgres]") {
  Storage direct;
  Proxy proxy;
  PostgresEventStorageAdapter storage{proxy.connection_string(),
                                      {.table_name = direct.table().name(), .connect_timeout = 0s}};
  load(storage, "pikachu");
  proxy.refuse_connections(true);
  proxy.plan("x");
  CHECK(failure_of([&] {
          load(storage, "pikachu");
        }).says("\"" + direct.table().name() + "\" (dbname 'postgres', host '127.0.0.1'): it closed the connection"));
}

TEST_CASE("a role that may not log in any more is asked for once, and no operation waits", "[postgres]") {
  Storage direct;
  const TempRole role{direct.table()};
  PlainPostgres plain;
  plain.rows("GRANT SELECT ON " + direct.table().quoted() + " TO " + role.name());
  Proxy proxy;
  PostgresEventStorageAdapter storage{proxy.connection_string(role.name()), direct.table().options()};
  load(storage, "pikachu");
  plain.rows("ALTER ROLE " + role.name() + " NOLOGIN");
  proxy.plan("x");  // the connection there is breaks
  const int connections = proxy.connections();
  const auto start = std::chrono::steady_clock::now();
  const Failure error = failure_of([&] { load(storage, "pikachu"); });
  CHECK(error.says("the role may not log in"));
  CHECK_FALSE(error.retryable);
  CHECK(proxy.connections() == connections + 1);
  CHECK(std::chrono::steady_clock::now() - start < 2s);
}

TEST_CASE("credentials are asked for before each connection, and again when the server refuses them", "[postgres]") {
  create_locked_role();
  Storage direct;
  PlainPostgres plain;
  plain.rows("GRANT SELECT ON " + direct.table().quoted() + " TO locked");
  std::string password = "right";
  int asked = 0;
  auto options = direct.table().options();
  options.connect_timeout = 0s;
  options.credentials = [&]() -> PostgresConnectionParameters {
    ++asked;
    return {{"user", "locked"}, {"password", password}};
  };
  PostgresEventStorageAdapter storage{connection(), options};
  CHECK(load(storage, "pikachu").empty());
  CHECK(load(storage, "pikachu").empty());
  CHECK(asked == 1);  // the connection is used again

  const auto close_connections = [&] {
    plain.rows("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'locked'");
  };
  SECTION("the ones from now on are used") {
    plain.rows("ALTER ROLE locked PASSWORD 'renewed'");
    password = "renewed";
    close_connections();
    CHECK(load(storage, "pikachu").empty());
    CHECK(asked == 2);
  }
  SECTION("a second time when they are refused, in case they were renewed meanwhile") {
    plain.rows("ALTER ROLE locked PASSWORD 'renewed'");
    close_connections();
    options.credentials = [&]() -> PostgresConnectionParameters {
      return {{"user", "locked"}, {"password", ++asked % 2 == 1 ? "outdated" : "renewed"}};
    };
    asked = 0;
    PostgresEventStorageAdapter other{connection(), options};
    CHECK(load(other, "pikachu").empty());
    CHECK(asked == 2);
  }
  SECTION("and when they are the same, that is the error") {
    password = "wrong";
    close_connections();
    const Failure error = failure_of([&] { load(storage, "pikachu"); });
    CHECK(error.says("the server does not accept this user's password"));
    CHECK_FALSE(error.retryable);
    CHECK(asked == 3);
  }
  SECTION("what the provider throws ends the operation, and the next one asks again") {
    bool fails = true;
    options.credentials = [&]() -> PostgresConnectionParameters {
      if (fails) throw std::runtime_error{"no credentials today"};
      return {{"user", "locked"}, {"password", "right"}};
    };
    options.max_connections = 1;
    options.pool_timeout = 0ms;
    PostgresEventStorageAdapter other{connection(), options};
    CHECK_THROWS_WITH(load(other, "pikachu"), "no credentials today");
    fails = false;
    CHECK(load(other, "pikachu").empty());
  }
  create_locked_role();
}

TEST_CASE("the same credentials are not tried twice", "[postgres]") {
  create_locked_role();
  Proxy proxy;
  PostgresEventStorageAdapter storage{proxy.connection_string("locked"),
                                      {.connect_timeout = 0s, .credentials = [] {
                                         return PostgresConnectionParameters{{"password", "wrong"}};
                                       }}};
  CHECK(failure_of([&] { load(storage, "pikachu"); }).says("the server does not accept this user's password"));
  CHECK(proxy.connections() == 1);
}

TEST_CASE("threads share connections that the server closes, and one at a time asks for credentials", "[postgres]") {
  Storage direct;
  push(*direct, event("pikachu", 1));
  int asking = 0;  // without a lock, as the adapter has one
  bool is_asked_at_once = false;
  auto options = direct.table().options();
  options.credentials = [&]() -> PostgresConnectionParameters {
    is_asked_at_once = ++asking > 1 || is_asked_at_once;
    std::this_thread::sleep_for(1ms);
    --asking;
    return {{"application_name", direct.table().name()}};
  };
  PostgresEventStorageAdapter storage{connection(), options};
  std::vector<std::string> errors(4);
  std::atomic<int> loads{0};
  std::atomic<bool> is_over{false};
  std::vector<std::thread> threads;
  for (std::string& error : errors) {
    threads.emplace_back([&] {
      try {
        while (!is_over && error.empty()) {
          if (versions(storage, "pikachu") != std::vector<Version>{1}) error = "another event";
          ++loads;
        }
      } catch (const std::exception& failure) {
        error = failure.what();
      }
    });
  }
  const auto load_more = [&] { return eventually([&, wanted = loads + 20] { return loads >= wanted; }); };
  CHECK(load_more());
  PlainPostgres other;
  other.rows("BEGIN; LOCK TABLE " + direct.table().quoted());
  PlainPostgres plain;
  const std::string theirs = " FROM pg_stat_activity WHERE application_name = '" + direct.table().name() + "'";
  CHECK(eventually([&] {
    return plain.value("SELECT count(*)" + theirs + " AND wait_event_type = 'Lock'") == std::to_string(errors.size());
  }));
  plain.rows("SELECT pg_terminate_backend(pid)" + theirs);
  other.rows("ROLLBACK");
  CHECK(load_more());
  storage.create_event_table();  // it is there; all connections are closed, as they might know another one
  CHECK(load_more());
  is_over = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(errors == std::vector<std::string>(4));
  CHECK_FALSE(is_asked_at_once);
}

/// The role may do everything with the table, by one connection at a time.
void allow_one_connection(PlainPostgres& plain, const TempRole& role, const TempTable& table) {
  plain.rows("GRANT ALL ON " + table.quoted() + ", " + table.name() + "_id_seq TO " + role.name());
  plain.rows("ALTER ROLE " + role.name() + " CONNECTION LIMIT 1");
}

TEST_CASE("at the server's limit threads take turns with the connections that the adapter has", "[postgres]") {
  Storage direct;
  const TempRole role{direct.table(), {}};
  PlainPostgres plain;
  allow_one_connection(plain, role, direct.table());
  Proxy proxy;
  auto options = direct.table().options();
  options.connect_timeout = 1s;
  PostgresEventStorageAdapter storage{proxy.connection_string(role.name()), options};
  push(storage, event("warm", 1));
  std::vector<std::string> errors(6);
  std::vector<std::thread> threads;
  const auto start = std::chrono::steady_clock::now();
  for (std::string& error : errors) {
    threads.emplace_back([&] {
      try {
        const std::string id = std::to_string(&error - errors.data());
        for (Version version = 1; version <= 20; ++version) {
          if (push(storage, event(id, version)) != PushOutcome{}) error = "a conflict";
        }
      } catch (const Error& caught) {
        error = caught.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& error : errors) CHECK(error == "");
  CHECK(std::chrono::steady_clock::now() - start < 5s);
  CHECK(proxy.connections() < 10);
  for (const char* const id : {"0", "5"}) CHECK(versions(*direct, id).size() == 20);
}

TEST_CASE("at the server's limit an operation waits for its own connections as long as for a pool in use, not longer",
          "[postgres]") {
  Storage direct;
  const TempRole role{direct.table(), {}};
  PlainPostgres plain;
  allow_one_connection(plain, role, direct.table());
  auto options = direct.table().options();
  options.pool_timeout = 100ms;
  PostgresEventStorageAdapter storage{role.connection(), options};
  push(storage, event("pikachu", 1));
  plain.rows("BEGIN; LOCK TABLE " + direct.table().quoted());
  std::thread blocked{[&] { push(storage, event("pikachu", 2)); }};
  CHECK(waits_for_lock_of(direct.table()));
  const Failure error = failure_of([&] { load(storage, "pikachu"); });
  CHECK(error.says("too many connections are open for this role or database"));
  CHECK(error.retryable);
  plain.rows("COMMIT");
  blocked.join();
  CHECK(versions(storage, "pikachu").size() == 2);
}

TEST_CASE("at the server's limit no operation waits for a connection that the adapter no longer has", "[postgres]") {
  Storage direct;
  const TempRole role{direct.table(), {}};
  PlainPostgres plain;
  allow_one_connection(plain, role, direct.table());
  auto options = direct.table().options();
  options.connect_timeout = 1s;
  options.pool_timeout = 20s;
  PostgresEventStorageAdapter storage{role.connection(), options};
  push(storage, event("pikachu", 1));
  plain.rows("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '" + role.name() + "'");
  {
    PlainPostgres other{role.connection()};
    const auto start = std::chrono::steady_clock::now();
    const Failure error = failure_of([&] { load(storage, "pikachu"); });
    CHECK(error.says("too many connections are open for this role or database"));
    CHECK(std::chrono::steady_clock::now() - start < 10s);
  }
}

}  // namespace
