// SPDX-License-Identifier: MIT
#ifndef CASTORE_FWD_HPP
#define CASTORE_FWD_HPP

/// @file
/// Declares every public template of the core with its default arguments; they are written nowhere else.

#include <castore/config.hpp>

#include <chrono>
#include <cstdint>

namespace castore {

/// @brief The position of an event in its aggregate's history: 1, 2, 3 ... without gaps.
using Version = std::int64_t;

/// @brief The place of an event in the one order that a storage gives to all its events: from 1, rising, with gaps. 0
/// is before the first, and stands for "none" where a storage has no such order.
using Position = std::int64_t;

/// @brief A point in time in UTC, to the millisecond; on the wire `2022-01-01T00:00:00.000Z`.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

struct Context;
class EventContext;

template <class Payload>
struct EventDetail;
template <class Payload>
struct EventInfo;
template <class... Payloads>
struct Events;
/// @brief An event of a store, of any of its types; `castore/core/events.hpp` defines it.
template <class Events>
class Event;

template <class Value>
struct codec;

struct Aggregate;
class AnyEventStorageAdapter;

template <class Aggregate, class Events>
struct History;
template <class Events, class Aggregate, class Reducer>
struct EventStoreOptions;
template <class Payload, class Aggregate>
struct PushEventOptions;
template <class Aggregate>
struct PushEventDetailOptions;
template <class Payload, class Aggregate>
struct PushEventResult;
template <class Events, class Aggregate>
struct PushedEvent;
template <class Events>
struct SimulationOptions;
template <class Events, class Aggregate, class Reducer, class Adapter = AnyEventStorageAdapter>
class EventStore;

class GroupedEvent;
template <class Store, class Payload>
class GroupedEventOf;

template <class Stores, class Function>
class Command;

}  // namespace castore

#endif
