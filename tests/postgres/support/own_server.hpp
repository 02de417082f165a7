// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_POSTGRES_SUPPORT_OWN_SERVER_HPP
#define CASTORE_TESTS_POSTGRES_SUPPORT_OWN_SERVER_HPP

#include "postgres/support/postgres.hpp"
#include "support/place.hpp"

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace castore::postgres_tests {

/// A server of its own, as it is to be killed.
class OwnServer {
 public:
  OwnServer() { run("start-cluster"); }
  OwnServer(OwnServer&&) = delete;
  ~OwnServer() {
    try {
      run("stop");
    } catch (const std::exception&) {  // it ends with the other one
    }
  }

  std::string connection() const { return connection_to(directory_); }

  void kill_and_restart() {
    std::ifstream file{data() + "/postmaster.pid"};
    pid_t server = 0;
    if (!(file >> server) || ::kill(server, SIGKILL) != 0) throw std::runtime_error{"the server cannot be killed"};
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    run("restart-cluster");
  }
  /// One of its processes is killed, so it ends all the others and starts them again; what it runs in goes on.
  void lose_its_processes() {
    PlainPostgres victim{connection()};
    PlainPostgres witness{connection()};
    if (::kill(PQbackendPID(victim.handle()), SIGKILL) != 0) throw std::runtime_error{"a process cannot be killed"};
    const auto is_there_again = [this] {
      try {
        return PlainPostgres{connection()}.value("SELECT 1") == "1";
      } catch (const std::runtime_error&) {
        return false;
      }
    };
    if (!eventually([&] { return PQconsumeInput(witness.handle()) == 0; }) || !eventually(is_there_again)) {
      throw std::runtime_error{"the server has not come back"};
    }
  }
  /// From now on it can only be read.
  void become_standby() {
    std::ofstream{data() + "/standby.signal"};
    kill_and_restart();
  }

 private:
  std::string data() const {
    std::string data;
    std::getline(std::ifstream{directory_ + "/data_directory"}, data);
    return data;
  }
  void run(const std::string& verb) const {
    const auto script = std::filesystem::path{castore_tests::place::sources} / "server.sh";
    const std::string command = "sh '" + script.string() + "' " + verb + " '" + directory_ + "'";
    if (std::system(command.c_str()) != 0) throw std::runtime_error{command + " failed"};
  }

  std::string directory_ = std::string{castore_tests::place::server} + "/own";
};

}  // namespace castore::postgres_tests

#endif
