// SPDX-License-Identifier: MIT
#include <castore/core/command.hpp>

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/testing/adapter_conformance/latch.hpp>
#include "support/catch.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

/// A bank: any number of writers transfer random amounts between a few accounts, each transfer one group of two events.
namespace bank_tests {

struct Opened {
  static constexpr std::string_view type = "OPENED";
  int balance = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Opened, balance)
};
struct Withdrawn {
  static constexpr std::string_view type = "WITHDRAWN";
  std::string transfer;
  int amount = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Withdrawn, transfer, amount)
};
struct Deposited {
  static constexpr std::string_view type = "DEPOSITED";
  std::string transfer;
  int amount = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Deposited, transfer, amount)
};
struct Account : castore::Aggregate {
  int balance = 0;
};
struct AccountReducer {
  void operator()(Account& account, const Opened& event) const { account.balance = event.balance; }
  void operator()(Account& account, const Withdrawn& event) const { account.balance -= event.amount; }
  void operator()(Account& account, const Deposited& event) const { account.balance += event.amount; }
};
using Accounts = castore::EventStore<castore::Events<Opened, Withdrawn, Deposited>, Account, AccountReducer>;

constexpr int account_count = 4;
constexpr int initial_balance = 100;

struct Overdraft : std::domain_error {
  using std::domain_error::domain_error;
};

struct Transfer {
  std::string id;
  std::string from;
  std::string to;
  int amount = 0;
};

std::string account_id(int number) { return "account " + std::to_string(number); }

void open_accounts(Accounts& accounts) {
  for (int number = 0; number < account_count; ++number) {
    accounts.push_event(account_id(number), 1, Opened{initial_balance});
  }
}

/// What a writer did.
struct Work {
  std::vector<std::string> acknowledged{};
  int overdrafts = 0;
  int given_up = 0;
  int conflicts = 0;
};

/// Makes random transfers. Every attempt calls `loaded` between its loads and its push.
Work make_transfers(Accounts& accounts, const std::string& writer, int count, const std::function<void()>& loaded) {
  Work work;
  castore::CommandOptions options{.event_already_exists_retries = 10,
                                  .backoff = {.first = std::chrono::microseconds{50}}};
  options.on_event_already_exists = [&work](const auto&, castore::CommandAttempt) { ++work.conflicts; };
  const castore::Command command{
      "TRANSFER", std::tie(accounts),
      [&loaded](const Transfer& input, Accounts& store) {
        const Account from = store.get_existing_aggregate(input.from);
        const Account to = store.get_existing_aggregate(input.to);
        loaded();
        if (from.balance < input.amount) throw Overdraft{input.id};
        push_event_group(store.group_event(from.aggregate_id, from.version + 1, Withdrawn{input.id, input.amount}),
                         store.group_event(to.aggregate_id, to.version + 1, Deposited{input.id, input.amount}));
      },
      options};
  std::mt19937 random{static_cast<std::mt19937::result_type>(std::hash<std::string>{}(writer))};
  const auto any_of = [&random](int first, int last) { return std::uniform_int_distribution{first, last}(random); };
  for (int number = 0; number < count; ++number) {
    const int from = any_of(0, account_count - 1);
    const int to = (from + any_of(1, account_count - 1)) % account_count;
    const Transfer transfer{writer + "/" + std::to_string(number), account_id(from), account_id(to), any_of(1, 80)};
    try {
      command(transfer);
      work.acknowledged.push_back(transfer.id);
    } catch (const Overdraft&) {
      ++work.overdrafts;
    } catch (const castore::EventAlreadyExistsError&) {
      ++work.given_up;
    }
  }
  return work;
}

/// The total never changes, no balance was ever below zero, every acknowledged transfer is there once, and no other.
void check_books(const Accounts& accounts, const Work& all) {
  std::map<std::string, int> withdrawn;
  std::map<std::string, int> deposited;
  int total = 0;
  for (int number = 0; number < account_count; ++number) {
    int balance = 0;
    castore::Version version = 0;
    for (const auto& event : accounts.get_events(account_id(number))) {
      REQUIRE(event.version() == ++version);
      event.visit([&](const castore::EventDetail<Opened>& detail) { balance = detail.payload.balance; },
                  [&](const castore::EventDetail<Withdrawn>& detail) {
                    balance -= detail.payload.amount;
                    REQUIRE(withdrawn.try_emplace(detail.payload.transfer, detail.payload.amount).second);
                  },
                  [&](const castore::EventDetail<Deposited>& detail) {
                    balance += detail.payload.amount;
                    REQUIRE(deposited.try_emplace(detail.payload.transfer, detail.payload.amount).second);
                  });
      REQUIRE(balance >= 0);
    }
    total += balance;
    CHECK(accounts.get_existing_aggregate(account_id(number)).balance == balance);
  }
  CHECK(total == account_count * initial_balance);
  CHECK(withdrawn == deposited);
  std::set<std::string> made;
  for (const auto& [transfer, amount] : withdrawn) made.insert(transfer);
  CHECK(made == std::set<std::string>(all.acknowledged.begin(), all.acknowledged.end()));
  CHECK(made.size() == all.acknowledged.size());
  CHECK(all.acknowledged.size() > 10);
  CHECK(all.overdrafts > 0);
  CHECK(all.conflicts > 0);
}

void add(Work& all, const Work& one) {
  all.acknowledged.insert(all.acknowledged.end(), one.acknowledged.begin(), one.acknowledged.end());
  all.overdrafts += one.overdrafts;
  all.given_up += one.given_up;
  all.conflicts += one.conflicts;
}

/// 16 threads; in their first attempts all load before anybody pushes, so that there are conflicts.
template <class Storage>
void transfer_in_threads(Storage& storage) {
  constexpr std::size_t thread_count = 16;
  constexpr int transfers_each = 15;
  Accounts accounts{"ACCOUNTS", storage};
  open_accounts(accounts);
  castore::testing::detail::Latch all_loaded{thread_count};
  std::array<Work, thread_count> works;
  std::array<std::exception_ptr, thread_count> errors;
  {
    std::vector<std::jthread> threads;
    for (std::size_t index = 0; index < thread_count; ++index) {
      threads.emplace_back([&, index] {
        bool has_waited = false;
        const auto wait_once = [&] {
          if (!std::exchange(has_waited, true)) all_loaded.arrive_and_wait();
          std::this_thread::yield();
        };
        try {
          works[index] = make_transfers(accounts, "thread " + std::to_string(index), transfers_each, wait_once);
        } catch (...) {
          errors[index] = std::current_exception();
          if (!has_waited) all_loaded.count_down();
        }
      });
    }
  }
  Work all;
  for (std::size_t index = 0; index < thread_count; ++index) {
    if (errors[index]) std::rethrow_exception(errors[index]);
    add(all, works[index]);
  }
  CHECK(all.acknowledged.size() + static_cast<std::size_t>(all.overdrafts + all.given_up) ==
        thread_count * transfers_each);
  check_books(accounts, all);
}

/// A folder of its own that ends with the test.
struct TemporaryFolder {
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "castore-bank-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error{"cannot make a temporary folder"};
    path = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

TEST_CASE("16 threads transfer money in memory, and no cent is lost") {
  castore::InMemoryEventStorageAdapter storage;
  transfer_in_threads(storage);
}

TEST_CASE("16 threads transfer money over SQLite, and no cent is lost") {
  const TemporaryFolder folder;
  castore::SqliteEventStorageAdapter storage{(folder.path / "bank.db").string(),
                                             {.synchronous = castore::SqliteSynchronous::normal}};
  transfer_in_threads(storage);
}

// --- processes -------------------------------------------------------------------------------------------------------

struct Pipe {
  Pipe() {
    if (pipe(ends.data()) != 0) throw std::runtime_error{"cannot make a pipe"};
  }
  Pipe(const Pipe&) = delete;
  ~Pipe() {
    close_reader();
    close_writer();
  }
  void close_reader() { close_end(0); }
  void close_writer() { close_end(1); }
  void write_text(const std::string& text) const {
    if (write(ends[1], text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      throw std::runtime_error{"cannot write to a pipe"};
    }
  }
  /// So many bytes, fewer when all writers are closed.
  std::string read_text(std::size_t size) const {
    std::string text(size, '\0');
    std::size_t filled = 0;
    while (filled < size) {
      const ssize_t count = read(ends[0], text.data() + filled, size - filled);
      if (count <= 0) break;
      filled += static_cast<std::size_t>(count);
    }
    text.resize(filled);
    return text;
  }

 private:
  void close_end(std::size_t index) {
    if (ends[index] >= 0) close(ends[index]);
    ends[index] = -1;
  }
  std::array<int, 2> ends{-1, -1};
};

/// A writer in a process of its own, which reports over a pipe.
struct Writer {
  Pipe ready{};
  Pipe go{};
  Pipe report{};
  pid_t process = -1;

  /// What the new process does; its first attempt waits until all processes have loaded.
  int work(const std::string& path, const std::string& name) {
    constexpr int transfers = 60;
    ready.close_reader();
    go.close_writer();
    castore::SqliteEventStorageAdapter storage{path, {.synchronous = castore::SqliteSynchronous::normal}};
    Accounts accounts{"ACCOUNTS", storage};
    bool has_waited = false;
    const Work done = make_transfers(accounts, name, transfers, [&] {
      if (std::exchange(has_waited, true)) return;
      ready.write_text("!");
      go.read_text(1);
    });
    std::ostringstream text;
    text << done.overdrafts << ' ' << done.given_up << ' ' << done.conflicts << '\n';
    for (const std::string& id : done.acknowledged) text << id << '\n';
    report.write_text(text.str());
    return 0;
  }
};

TEST_CASE("4 processes transfer money over one SQLite file, and no cent is lost") {
  const TemporaryFolder folder;
  const std::string path = (folder.path / "bank.db").string();
  {
    castore::SqliteEventStorageAdapter storage{path};
    Accounts accounts{"ACCOUNTS", storage};
    open_accounts(accounts);
  }
  std::array<Writer, 4> writers;
  for (Writer& writer : writers) {
    writer.process = fork();
    REQUIRE(writer.process >= 0);
    if (writer.process == 0) {
      int status = 1;
      try {
        status = writer.work(path, "process " + std::to_string(&writer - writers.data()));
      } catch (...) {
      }
      _exit(status);
    }
    writer.ready.close_writer();
    writer.report.close_writer();
  }
  for (const Writer& writer : writers) CHECK(writer.ready.read_text(1) == "!");
  for (const Writer& writer : writers) writer.go.write_text("!");
  Work all;
  for (const Writer& writer : writers) {
    std::istringstream text{writer.report.read_text(60'000)};
    int status = -1;
    REQUIRE(waitpid(writer.process, &status, 0) == writer.process);
    REQUIRE(status == 0);
    Work work;
    text >> work.overdrafts >> work.given_up >> work.conflicts >> std::ws;
    for (std::string id; std::getline(text, id);) work.acknowledged.push_back(id);
    add(all, work);
  }
  CHECK(all.acknowledged.size() + static_cast<std::size_t>(all.overdrafts + all.given_up) == 4U * 60U);
  castore::SqliteEventStorageAdapter storage{path};
  check_books(Accounts{"ACCOUNTS", storage}, all);
}

// --- one aggregate ---------------------------------------------------------------------------------------------------

TEST_CASE("threads that share one decide command lose no event and double none") {
  constexpr int thread_count = 8;
  constexpr int deposits_each = 50;
  castore::InMemoryEventStorageAdapter storage;
  Accounts accounts{"ACCOUNTS", storage};
  accounts.push_event("a", 1, Opened{0});
  std::atomic<int> conflicts{0};
  castore::CommandOptions options{.event_already_exists_retries = 1000};
  options.on_event_already_exists = [&conflicts](const auto&, castore::CommandAttempt) { ++conflicts; };
  castore::testing::detail::Latch all_loaded{thread_count};
  const castore::Command deposit{"DEPOSIT", accounts,
                                 [](const Account&, const std::function<void()>& loaded) {
                                   loaded();
                                   return Deposited{"", 1};
                                 },
                                 options};
  {
    std::vector<std::jthread> threads;
    for (int index = 0; index < thread_count; ++index) {
      threads.emplace_back([&] {
        bool has_waited = false;
        const std::function<void()> loaded = [&] {
          if (!std::exchange(has_waited, true)) all_loaded.arrive_and_wait();
        };
        for (int number = 0; number < deposits_each; ++number) deposit("a", loaded);
      });
    }
  }
  CHECK(accounts.get_existing_aggregate("a").balance == thread_count * deposits_each);
  CHECK(accounts.get_existing_aggregate("a").version == 1 + thread_count * deposits_each);
  CHECK(conflicts >= thread_count - 1);
}

}  // namespace bank_tests
