// SPDX-License-Identifier: MIT
#ifndef CASTORE_CASTORE_HPP
#define CASTORE_CASTORE_HPP

/// @file
/// The library without a database: core, JSON codec and in-memory adapter.

// First those with most of what a compiler says of wrong programs, as it lists by which headers it came there.
#include <castore/core/events.hpp>

#include <castore/core/event_codec.hpp>
#include <castore/core/forwards_operations.hpp>
#include <castore/core/observer.hpp>
#include <castore/core/reducer.hpp>
#include <castore/core/storage_operations.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/core/aggregate.hpp>
#include <castore/core/aggregate_ids.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/codec.hpp>
#include <castore/core/command.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_group.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store.hpp>
#include <castore/core/event_store_concepts.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/events.hpp>
#include <castore/core/observer.hpp>
#include <castore/core/page_token.hpp>
#include <castore/core/reducer.hpp>
#include <castore/core/retry.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/core/upcasts.hpp>
#include <castore/fwd.hpp>
#include <castore/json.hpp>
#include <castore/version.hpp>

#endif
