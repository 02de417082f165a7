// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_STATE_HPP
#define CASTORE_HTTP_STATE_HPP

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/fwd.hpp>
#include <castore/http/options.hpp>
#include <castore/http/problem.hpp>

#include <atomic>
#include <cstddef>
#include <utility>

namespace castore::detail {

/// What the routes of an `HttpApi` share.
struct HttpApiState {
  HttpApiState(AnyEventStorageAdapter storage_, HttpApiOptions options_)
      : storage{std::move(storage_)}, options{std::move(options_)} {}

  bool is_ordered() const { return supports<operations::ReadAllEvents>(storage); }
  /// The newest position. @throws UnsupportedOperationError
  Position head() {
    return storage.read_all_events(0, {.limit = 0}, [](const SequencedEventView&) {}).head;
  }

  AnyEventStorageAdapter storage;
  HttpApiOptions options;
  std::atomic<std::size_t> streams{0};
};

/// One of the requests that stay for long, of which there are only so many at a time.
class HttpStreamPlace {
 public:
  /// @throws HttpProblem
  explicit HttpStreamPlace(HttpApiState& state) : state_{state} {
    if (state.streams.fetch_add(1) < state.options.max_streams) return;
    state.streams.fetch_sub(1);
    throw HttpProblem{503, "too_many_streams", "too many requests wait for events; try again a little later"};
  }
  HttpStreamPlace(const HttpStreamPlace&) = delete;
  HttpStreamPlace& operator=(const HttpStreamPlace&) = delete;
  ~HttpStreamPlace() { state_.streams.fetch_sub(1); }

 private:
  HttpApiState& state_;
};

}  // namespace castore::detail

#endif
