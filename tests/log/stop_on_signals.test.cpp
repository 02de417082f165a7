// SPDX-License-Identifier: MIT
#include <castore/log/stop_on_signals.hpp>
#include "support/catch.hpp"

#ifndef _WIN32

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <stop_token>
#include <thread>

#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define CASTORE_TESTS_UNDER_THREAD_SANITIZER
#endif
#endif

namespace {

bool stops(const std::stop_token& token) {
  using namespace std::chrono_literals;
  for (int tries = 0; tries < 3'000 && !token.stop_requested(); ++tries) std::this_thread::sleep_for(10ms);
  return token.stop_requested();
}

/// How a program ends that does this: its exit code, or below 0 its signal.
template <class Function>
int end_of_child(const Function& function) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    ::_exit(function());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("SIGTERM and SIGINT ask a token to stop, again and again in one program") {
  for (const int signal : {SIGTERM, SIGINT, SIGTERM}) {
    std::stop_token token;
    {
      const castore::StopOnSignals stop;
      token = stop.token();
      CHECK_FALSE(token.stop_requested());
      ::kill(::getpid(), signal);
      CHECK(stops(token));
    }
    CHECK(token.stop_requested());
  }
}

TEST_CASE("without a signal nothing stops, and what handled signals before does so afterwards") {
  struct sigaction before {};
  ::sigaction(SIGTERM, nullptr, &before);
  {
    const castore::StopOnSignals stop;
    struct sigaction now {};
    ::sigaction(SIGTERM, nullptr, &now);
    CHECK(now.sa_handler != before.sa_handler);
    CHECK_FALSE(stop.token().stop_requested());
  }
  struct sigaction after {};
  ::sigaction(SIGTERM, nullptr, &after);
  CHECK(after.sa_handler == before.sa_handler);
}

TEST_CASE("the second signal ends the program at once") {
  CHECK(end_of_child([] {
          const castore::StopOnSignals stop;
          ::kill(::getpid(), SIGTERM);
          if (!stops(stop.token())) return 1;
          ::kill(::getpid(), SIGTERM);
          return 2;
        }) == -SIGTERM);
}

#ifndef CASTORE_TESTS_UNDER_THREAD_SANITIZER  // which lets no signal out of a handler
TEST_CASE("a process that was forked meanwhile is ended by the signal, and its parent does not stop") {
  const castore::StopOnSignals stop;
  CHECK(end_of_child([] {
          ::kill(::getpid(), SIGTERM);
          return 1;
        }) == -SIGTERM);
  CHECK_FALSE(stop.token().stop_requested());
}
#endif

TEST_CASE("a signal that is ignored stays ignored") {
  CHECK(end_of_child([] {
          std::signal(SIGINT, SIG_IGN);
          const castore::StopOnSignals stop;
          ::kill(::getpid(), SIGINT);
          if (stop.token().stop_requested()) return 1;
          ::kill(::getpid(), SIGTERM);
          return stops(stop.token()) ? 0 : 2;
        }) == 0);
}

TEST_CASE("a program has one object that listens to signals") {
  const castore::StopOnSignals stop;
  CHECK_THROWS_AS(castore::StopOnSignals{}, std::logic_error);
}

#endif
