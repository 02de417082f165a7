// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_CHECK_LAW_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_CHECK_LAW_HPP

#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace castore::testing::detail {

/// Makes a fixture over an empty storage.
using OpenFixture = std::function<AdapterUnderTest(Way)>;

/// Runs a law's test on a thread of its own. One that hangs is left behind with the fixture that it hangs in, as
/// nothing can end it.
inline void run_within_limit(const AdapterLaw& law, const std::shared_ptr<const AdapterUnderTest>& adapter) {
  struct Run {
    std::mutex mutex;
    std::condition_variable has_changed;
    bool has_ended = false;
    std::exception_ptr error;
  };
  const auto limit = adapter->effort().limit;
  const auto run = std::make_shared<Run>();
  std::thread thread{[run, test = law.check, adapter] {
    std::exception_ptr error;
    try {
      test(*adapter);
    } catch (...) {
      error = std::current_exception();
    }
    const std::scoped_lock lock{run->mutex};
    run->has_ended = true;
    run->error = error;
    run->has_changed.notify_all();
  }};
  std::unique_lock lock{run->mutex};
  if (!run->has_changed.wait_for(lock, limit, [&run] { return run->has_ended; })) {
    thread.detach();
    throw Deviation{"an end within " + std::to_string(limit.count()) +
                        " ms; a fixture of a slow storage gives more by "
                        "`static constexpr castore::testing::LawEffort effort{.limit = ...}`",
                    "no end: some operation hangs, perhaps as two wait for each other or as a connection is not given "
                    "back"};
  }
  lock.unlock();
  thread.join();
  if (run->error) std::rethrow_exception(run->error);
}

/// Runs one law's test on each way that it has, and gives what goes wrong the law's name.
/// @throws LawViolation What `open` throws passes unchanged.
inline void check_law(const AdapterLaw& law, const OpenFixture& open) {
  for (const Way way : {Way::records, Way::events}) {
    if (way == Way::events && law.records_only) continue;
    const auto adapter = std::make_shared<const AdapterUnderTest>(open(way));
    const auto nest = [&law](const char* what) {
      std::throw_with_nested(LawViolation{law.law, law.name, "no such exception", std::string{"exception: "} + what});
    };
    try {
      if (law.single_thread) {
        (law.check)(*adapter);
      } else {
        run_within_limit(law, adapter);
      }
    } catch (Deviation& deviation) {
      const char* const by = way == Way::events ? " (through EventStore)" : " (as records)";
      throw LawViolation{law.law,        law.name,       deviation.expected + by,
                         deviation.seen, deviation.seed, std::move(deviation.history)};
    } catch (const std::exception& error) {
      nest(error.what());
    } catch (...) {
      nest("not a std::exception");
    }
  }
}

}  // namespace castore::testing::detail

#endif
