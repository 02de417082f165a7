// SPDX-License-Identifier: MIT
// What every test program adds to Catch2, compiled once: a listener. It writes to the file that CASTORE_TEST_CASES names
// two lines of each test case:
//   started NAME
//   passed|failed SECONDS ASSERTIONS NAME
// and ends the program with an error that names the test case when that takes more than five minutes (Windows has no such
// alarm: there CTest ends the program).
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
using Listener = Catch::EventListenerBase;
#else
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>
using Listener = Catch::TestEventListenerBase;
#endif

#if !defined(_WIN32)
#include <unistd.h>
#endif

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

class WritesCases : public Listener {
 public:
  using Listener::Listener;

  void testCaseStarting(const Catch::TestCaseInfo& test_case) override {
    Listener::testCaseStarting(test_case);
    name_ = test_case.name;
    start_ = std::chrono::steady_clock::now();
    file_ << "started " << name_ << std::endl;
#if !defined(_WIN32)
    std::signal(SIGALRM, [](int) { std::raise(SIGTERM); });  // Catch2 reports it with the test case
    alarm(300);
#endif
  }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
#if !defined(_WIN32)
    alarm(0);
#endif
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
    file_ << (stats.totals.testCases.failed == 0 ? "passed " : "failed ") << seconds.count() << ' '
          << stats.totals.assertions.total() << ' ' << name_ << std::endl;
    Listener::testCaseEnded(stats);
  }

 private:
  static const char* file_name() {
    const char* const name = std::getenv("CASTORE_TEST_CASES");
    return name == nullptr ? "" : name;
  }

  std::ofstream file_{file_name(), std::ios::binary};
  std::string name_{};
  std::chrono::steady_clock::time_point start_{};
};

CATCH_REGISTER_LISTENER(WritesCases)

}  // namespace
