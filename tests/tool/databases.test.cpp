// SPDX-License-Identifier: MIT
// Every command on PostgreSQL and DynamoDB, and between them.

#include "dynamodb/support.hpp"
#include "postgres/support/postgres.hpp"
#include "support/catch.hpp"
#include "tool/support.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace castore::tool_tests;
namespace postgres = castore::postgres_tests;
namespace dynamodb = castore::dynamodb_tests;

namespace {

struct PostgresPokemons {
  PostgresPokemons() {
    castore::PostgresEventStorageAdapter storage{postgres::connection(), table.options()};
    storage.create_event_table();
    put_pokemons(storage);
  }
  postgres::TempTable table{};
  std::string url = postgres::connection() + "?table=" + table.name();
};

const Surroundings aws{.environment = {{"AWS_ACCESS_KEY_ID", dynamodb::server_credentials.access_key_id},
                                       {"AWS_SECRET_ACCESS_KEY", dynamodb::server_credentials.secret_access_key},
                                       {"AWS_EC2_METADATA_DISABLED", "true"}}};

struct DynamoDbTable {
  dynamodb::Table table{dynamodb::Layout::single_table, dynamodb::server_client()};
  std::string url = "dynamodb://" + table.name() + "?region=eu-west-1&endpoint=" + dynamodb::server_address();
};
struct DynamoDbPokemons : DynamoDbTable {
  DynamoDbPokemons() {
    castore::DynamoDbEventStorageAdapter storage{dynamodb::server_client(), table.name()};
    put_pokemons(storage);
  }
};

/// What a run prints, in any order, as DynamoDB has none.
std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST_CASE("what is seen in PostgreSQL is what is seen in SQLite") {
  const Pokemons pokemons;
  const PostgresPokemons other;
  for (std::vector<std::string> call : std::vector<std::vector<std::string>>{{"stores"},
                                                                             {"aggregates", "POKEMONS"},
                                                                             {"aggregates", "POKEMONS", "--reverse"},
                                                                             {"types", "POKEMONS"},
                                                                             {"diff", "POKEMONS", "pikachu", "1", "3"},
                                                                             {"blame", "POKEMONS", "pikachu"}}) {
    CAPTURE(call[0]);
    std::vector<std::string> same = call;
    call.insert(call.begin() + 1, other.url);
    same.insert(same.begin() + 1, pokemons.db);
    CHECK(output_of(call) == output_of(same));
  }
  CHECK(lines_in(output_of({"events", other.url, "POKEMONS", "pikachu", "--at", "2"})) == 2);
  CHECK(lines_in(output_of({"tail", other.url, "--after", "0", "--no-wait"})) == 5);
  const Ran verified = run_castore({"verify", other.url});
  CHECK(verified.code == 0);
  CHECK(verified.err == "looked at 5 events: nothing is wrong\n");
}

TEST_CASE("PostgreSQL is only read by what looks") {
  const PostgresPokemons pokemons;
  postgres::PlainPostgres plain;
  const auto tables = [&] {
    return plain.rows("SELECT tablename FROM pg_tables WHERE tablename LIKE '" + pokemons.table.name() + "%'");
  };
  CHECK(output_of({"projections", pokemons.url}).empty());
  CHECK(output_of({"dead-letters", pokemons.url}).empty());
  CHECK(tables() == std::vector<std::string>{pokemons.table.name()});
  // A server that says so proves that nothing could be written.
  castore::PostgresEventStorageAdapter storage{postgres::connection(), pokemons.table.options()};
  storage.transact([](castore::PostgresTransaction& transaction) {
    REQUIRE(transaction.move_checkpoint("list", 1, 0, 4));
    transaction.add_dead_letter("list", 1, {2, "no", 1, noon_and(0)});
  });
  CHECK(
      output_of({"projections", pokemons.url})
          .starts_with(
              R"({"name":"list","version":1,"position":4,"lag":1,"state":"behind","isActive":false,"deadLetterCount":1,)"));
  CHECK(lines_in(output_of({"dead-letters", pokemons.url})) == 1);
  CHECK(run_castore({"dead-letters", pokemons.url, "drop", "--all"}).err == "dropped 1\n");
  CHECK(output_of({"dead-letters", pokemons.url}).empty());
}

TEST_CASE("verify finds what is wrong in a table of PostgreSQL") {
  const PostgresPokemons pokemons;
  postgres::PlainPostgres plain;
  plain.rows("DELETE FROM " + pokemons.table.quoted() + " WHERE version = 2");
  plain.rows("UPDATE " + pokemons.table.quoted() +
             " SET timestamp = '2022-01-01 12:00:00.0001Z' WHERE aggregate_id = 'ash'");
  plain.rows("UPDATE " + pokemons.table.quoted() + " SET timestamp = '2022-01-01 BC' WHERE aggregate_id = 'eevee'");
  plain.rows("ALTER TABLE " + pokemons.table.quoted() + " ADD COLUMN tenant TEXT DEFAULT 'a column of the user'");
  plain.rows("ALTER TABLE " + pokemons.table.quoted() + " DROP CONSTRAINT " + pokemons.table.name() +
             "_aggregate_name_aggregate_id_version_key");
  plain.rows("INSERT INTO " + pokemons.table.quoted() +
             " (aggregate_name, aggregate_id, version, type) VALUES ('POKEMONS', 'eevee', 1, 'T')");
  const Ran ran = run_castore({"verify", pokemons.url});
  CHECK(ran.code == 3);
  CHECK(ran.out.find(R"({"fault":"duplicate","eventStoreId":"POKEMONS","aggregateId":"eevee","version":1,)") !=
        std::string::npos);
  CHECK(ran.out.find(R"({"fault":"missing_version","eventStoreId":"POKEMONS","aggregateId":"pikachu","version":2,)") !=
        std::string::npos);
  CHECK(ran.out.find(R"(its timestamp is '2022-01-01T12:00:00.000100', not of the form)") != std::string::npos);
  CHECK(ran.out.find(R"( BC', not of the form)") != std::string::npos);
  CHECK(lines_in(ran.out) == 4);
}

/// A lock that knows some types, with a level that is an integer.
std::string write_lock(const TempDirectory& folder) {
  const std::string path = folder / "lock.json";
  write_file(path, R"({"$defs":{"POKEMON_APPEARED":{},"TRAINER_JOINED":{},"POKEMON_LEVELED_UP":{"properties":)"
                   R"({"payload":{"properties":{"level":{"type":"string"}}}}}}})");
  return path;
}
constexpr const char* unknown_type =
    R"({"fault":"unknown_type","eventStoreId":"POKEMONS","aggregateId":"pikachu","version":3,"what":")";
constexpr const char* refused_by_schema =
    R"({"fault":"refused_by_schema","eventStoreId":"POKEMONS","aggregateId":"pikachu","version":2,"what":")";

TEST_CASE("verify compares PostgreSQL with a schema lock, and checks order, versions and checkpoints there") {
  const PostgresPokemons pokemons;
  const TempDirectory folder;
  castore::PostgresEventStorageAdapter{postgres::connection(), pokemons.table.options()}.transact(
      [](castore::PostgresTransaction& transaction) { REQUIRE(transaction.move_checkpoint("list", 2, 0, 900)); });
  postgres::PlainPostgres plain;
  const auto insert = [&](int version) {
    plain.rows("INSERT INTO " + pokemons.table.quoted() +
               " (aggregate_name, aggregate_id, version, type, timestamp) VALUES ('TRAINERS', 'misty', " +
               std::to_string(version) + ", 'TRAINER_JOINED', '2022-01-01T12:00:00Z')");
  };
  for (const int version : {2, 1, 0}) insert(version);
  const Ran ran = run_castore({"verify", pokemons.url, "--schema", write_lock(folder)});
  CHECK(ran.code == 3);
  CAPTURE(ran.out);
  CHECK(lines_in(ran.out) == 5);
  for (
      const std::string found :
      {unknown_type, refused_by_schema,
       R"({"fault":"foreign_row","eventStoreId":"TRAINERS","aggregateId":"misty","version":0,"what":")",
       R"({"fault":"out_of_order","eventStoreId":"TRAINERS","aggregateId":"misty","version":2,"what":")",
       R"({"fault":"checkpoint_beyond_end","what":"the checkpoint of 'list', version 2, is 900, after the newest event)"}) {
    CAPTURE(found);
    CHECK(ran.out.find(found) != std::string::npos);
  }
}

TEST_CASE("verify compares DynamoDB with a schema lock, and finds items there that have no type") {
  const DynamoDbPokemons pokemons;
  const TempDirectory folder;
  pokemons.table.put({{"aggregateId", {{"S", "TRAINERS#misty"}}},
                      {"version", {{"N", "1"}}},
                      {"timestamp", {{"S", "2022-01-01T12:00:00.000Z"}}}});
  const Ran ran = run_castore({"verify", pokemons.url, "--schema", write_lock(folder)}, aws);
  CHECK(ran.code == 3);
  CAPTURE(ran.out);
  CHECK(lines_in(ran.out) == 3);
  for (
      const std::string found :
      {unknown_type, refused_by_schema,
       R"({"fault":"foreign_row","eventStoreId":"TRAINERS","aggregateId":"misty","version":1,"what":"item 'TRAINERS#misty' version 1: it has no type)"}) {
    CAPTURE(found);
    CHECK(ran.out.find(found) != std::string::npos);
  }
}

TEST_CASE("what Castore for TypeScript writes into DynamoDB is read as it is, in both of its layouts") {
  for (const bool is_legacy : {false, true}) {
    CAPTURE(is_legacy);
    const dynamodb::Table table{is_legacy ? dynamodb::Layout::table_per_event_store : dynamodb::Layout::single_table,
                                dynamodb::server_client()};
    for (const int version : {1, 2}) {
      dynamodb::ask_server("/castore", "POST",
                           nlohmann::json{{"operation", "push"},
                                          {"table", table.name()},
                                          {"legacy", is_legacy},
                                          {"endpoint", dynamodb::server_address()},
                                          {"region", "eu-west-1"},
                                          {"credentials",
                                           {{"accessKeyId", dynamodb::server_credentials.access_key_id},
                                            {"secretAccessKey", dynamodb::server_credentials.secret_access_key}}},
                                          {"eventStoreId", "POKEMONS"},
                                          {"event",
                                           {{"aggregateId", "pika/chu #1"},
                                            {"version", version},
                                            {"type", "LEVELED_UP"},
                                            {"timestamp", "2022-01-01T12:00:00.000Z"},
                                            {"payload", {{"level", version}}}}},
                                          {"options", nlohmann::json::object()}}
                               .dump());
    }
    const std::string url = "dynamodb://" + table.name() + "?region=eu-west-1&endpoint=" + dynamodb::server_address() +
                            (is_legacy ? "&store=POKEMONS" : "");
    CHECK(output_of({"export", url}, aws) ==
          R"({"eventStoreId":"POKEMONS","event":{"aggregateId":"pika/chu #1","version":1,"type":"LEVELED_UP",)"
          R"("timestamp":"2022-01-01T12:00:00.000Z","payload":{"level":1}}})"
          "\n"
          R"({"eventStoreId":"POKEMONS","event":{"aggregateId":"pika/chu #1","version":2,"type":"LEVELED_UP",)"
          R"("timestamp":"2022-01-01T12:00:00.000Z","payload":{"level":2}}})"
          "\n");
    CHECK(lines_in(output_of({"events", url, "POKEMONS", "pika/chu #1"}, aws)) == 2);
    CHECK(run_castore({"verify", url}, aws).err == "looked at 2 events: nothing is wrong\n");
  }
}

/// Kills a copy when it has written down how far it is.
void kill_in_the_middle(const std::vector<std::string>& call, const std::string& state) {
  Process copy{castore_command(call), {}};
  while (!std::filesystem::exists(state)) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  REQUIRE(kill(copy.id(), SIGKILL) == 0);
  CHECK(copy.finish().code == 128 + SIGKILL);
}

TEST_CASE("a copy into PostgreSQL that was killed goes on, and so does the one back") {
  const TempDirectory folder;
  make_many(folder / "many.db", 1'500);
  const postgres::TempTable table;
  const std::string url = postgres::connection() + "?table=" + table.name();
  const std::string state = folder / "state";
  for (const auto& [from, to] : {std::pair{folder / "many.db", url}, {url, folder / "back.db"}}) {
    CAPTURE(to);
    const std::vector<std::string> call{"copy", from, to, "--state", state};
    kill_in_the_middle(call, state);
    const Ran ran = run_castore(call);
    CHECK(ran.err == "going on where the copy of " + state + " has ended\n");
    CHECK(ran.out.find(R"("comparedCount":1500)") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(state));
  }
  CHECK(lines_in(output_of({"export", folder / "back.db"})) == 1'500);
  CHECK(output_of({"copy", folder / "many.db", folder / "back.db", "--dry-run"}) ==
        "{\"readCount\":1500,\"writtenCount\":0,\"alreadyThereCount\":1500}\n");
}

TEST_CASE("a table that Castore for TypeScript made is read as it is") {
  const postgres::TempTable table;
  postgres::PlainPostgres plain;
  // Source: @castore/event-storage-adapter-postgres 2.4.2, createEventTable.
  plain.rows("CREATE TABLE " + table.quoted() +
             " (id BIGSERIAL PRIMARY KEY, aggregate_name VARCHAR(32) NOT NULL, aggregate_id UUID NOT NULL,"
             " version BIGINT NOT NULL, type VARCHAR(64) NOT NULL, data JSONB, metadata JSONB, timestamp TIMESTAMPTZ"
             " DEFAULT (CURRENT_TIMESTAMP(3)), UNIQUE (aggregate_name, aggregate_id, version))");
  plain.rows("INSERT INTO " + table.quoted() +
             " (aggregate_name, aggregate_id, version, type, data, timestamp) VALUES ('POKEMONS',"
             " '00000000-0000-4000-8000-000000000001', 1, 'APPEARED', '{\"level\": 5}', '2022-01-01T12:00:00.000Z')");
  const std::string url = postgres::connection() + "?table=" + table.name();
  CHECK(
      output_of({"events", url, "POKEMONS", "00000000-0000-4000-8000-000000000001"}) ==
      R"({"aggregateId":"00000000-0000-4000-8000-000000000001","version":1,"type":"APPEARED","timestamp":"2022-01-01T12:00:00.000Z","payload":{"level": 5}})"
      "\n");
  CHECK(lines_in(output_of({"aggregates", url, "POKEMONS"})) == 1);
  CHECK(run_castore({"verify", url}).code == 0);
}

TEST_CASE("the guide's statement makes lines of a table of Marten's that import takes") {
  const TempDirectory folder;
  postgres::PlainPostgres plain;
  plain.rows(
      "CREATE TEMPORARY TABLE mt_events (seq_id bigint PRIMARY KEY, id uuid NOT NULL, stream_id varchar, version"
      " bigint NOT NULL, data jsonb NOT NULL, type varchar(500) NOT NULL, timestamp timestamptz DEFAULT now())");
  plain.rows(
      "INSERT INTO mt_events VALUES (1, gen_random_uuid(), 'o1', 1, '{\"amount\": 20.10}', 'order_placed',"
      " '2022-01-01 13:00:00.1239+01'), (2, gen_random_uuid(), 'o1', 2, '{}', 'order_paid', '2022-01-02Z')");
  std::string lines;
  for (const std::string& line :
       plain.rows(contents(std::string{castore_tests::place::sources} + "/guide/marten.sql"))) {
    lines += line + '\n';
  }
  output_of({"import", folder / "orders.db"}, {.input = lines});
  CHECK(
      output_of({"events", folder / "orders.db", "ORDERS", "o1"}) ==
      R"({"aggregateId":"o1","version":1,"type":"order_placed","timestamp":"2022-01-01T12:00:00.123Z","payload":{"amount": 20.10}})"
      "\n"
      R"({"aggregateId":"o1","version":2,"type":"order_paid","timestamp":"2022-01-02T00:00:00.000Z","payload":{}})"
      "\n");
}

TEST_CASE("what is seen in DynamoDB is what is seen in SQLite") {
  const Pokemons pokemons;
  const DynamoDbPokemons other;
  for (std::vector<std::string> call : std::vector<std::vector<std::string>>{{"stores"},
                                                                             {"aggregates", "POKEMONS"},
                                                                             {"types", "POKEMONS"},
                                                                             {"diff", "POKEMONS", "pikachu", "1", "3"},
                                                                             {"blame", "POKEMONS", "pikachu"}}) {
    CAPTURE(call[0]);
    std::vector<std::string> same = call;
    call.insert(call.begin() + 1, other.url);
    same.insert(same.begin() + 1, pokemons.db);
    CHECK(output_of(call, aws) == output_of(same));
  }
  CHECK(lines_in(output_of({"events", other.url, "POKEMONS", "pikachu"}, aws)) == 3);
  CHECK(error_of(1, {"tail", other.url}, aws) ==
        "castore: this storage has no order of all its events, which tail follows; a DynamoDB table is followed by its "
        "stream, see DynamoDbStreamRelay\n");
  CHECK(error_of(1, {"projections", other.url}, aws).starts_with("castore: this database keeps no checkpoints"));
  CHECK(error_of(1, {"dead-letters", other.url}, aws) == "castore: this database keeps no dead letters\n");
}

TEST_CASE("verify finds what is wrong in a table of DynamoDB") {
  const DynamoDbPokemons pokemons;
  const Ran right = run_castore({"verify", pokemons.url}, aws);
  CHECK(right.code == 0);
  CHECK(right.err == "looked at 5 events: nothing is wrong\n");
  pokemons.table.ask("DeleteItem",
                     {{"Key", {{"aggregateId", {{"S", "POKEMONS#pikachu"}}}, {"version", {{"N", "2"}}}}}});
  pokemons.table.put({{"aggregateId", {{"S", "no-store"}}}, {"version", {{"N", "1"}}}});
  pokemons.table.put({{"aggregateId", {{"S", "POKEMONS#mew"}}},
                      {"version", {{"N", "1"}}},
                      {"type", {{"S", "T"}}},
                      {"timestamp", {{"S", "2022"}}}});
  const Ran ran = run_castore({"verify", pokemons.url}, aws);
  CHECK(ran.code == 3);
  CHECK(ran.out.find(R"({"fault":"missing_version","eventStoreId":"POKEMONS","aggregateId":"pikachu","version":2,)") !=
        std::string::npos);
  CHECK(ran.out.find(
            R"({"fault":"foreign_row","version":1,"what":"item 'no-store' version 1: it has no event store id)") !=
        std::string::npos);
  CHECK(ran.out.find(R"({"fault":"timestamp_form","eventStoreId":"POKEMONS","aggregateId":"mew","version":1,)") !=
        std::string::npos);
  CHECK(lines_in(ran.out) == 3);
}

TEST_CASE("events go through all databases and come back as they were") {
  const Pokemons pokemons;
  const postgres::TempTable table;
  const std::string url = postgres::connection() + "?table=" + table.name();
  const DynamoDbTable dynamo;
  CHECK(output_of({"copy", pokemons.db, url}) ==
        "{\"readCount\":5,\"writtenCount\":5,\"alreadyThereCount\":0,\"comparedCount\":5}\n");
  CHECK(output_of({"copy", url, dynamo.url}, aws) ==
        "{\"readCount\":5,\"writtenCount\":5,\"alreadyThereCount\":0,\"comparedCount\":5}\n");
  const std::string back = pokemons.folder / "back.db";
  CHECK(output_of({"copy", dynamo.url, back}, aws) ==
        "{\"readCount\":5,\"writtenCount\":5,\"alreadyThereCount\":0,\"comparedCount\":5}\n");
  CHECK(output_of({"copy", pokemons.db, back}) ==
        "{\"readCount\":5,\"writtenCount\":0,\"alreadyThereCount\":5,\"comparedCount\":5}\n");
  CHECK(output_of({"copy", back, pokemons.db}) ==
        "{\"readCount\":5,\"writtenCount\":0,\"alreadyThereCount\":5,\"comparedCount\":5}\n");

  const std::string file = pokemons.folder / "dynamodb.jsonl";
  CHECK(output_of({"export", dynamo.url, file}, aws) ==
        "{\"readCount\":5,\"writtenCount\":5,\"alreadyThereCount\":0,\"comparedCount\":5}\n");
  CHECK(sorted_lines(contents(file)).size() == 5);
  CHECK(output_of({"import", url, file}) ==
        "{\"readCount\":5,\"writtenCount\":0,\"alreadyThereCount\":5,\"comparedCount\":5}\n");
}

}  // namespace
