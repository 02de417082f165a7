// SPDX-License-Identifier: MIT
#ifndef CASTORE_SNAPSHOTS_HPP
#define CASTORE_SNAPSHOTS_HPP

/// @file
/// Long streams: loads that begin with a snapshot, or with an aggregate that is still in memory.

#include <castore/snapshots/cache_options.hpp>
#include <castore/snapshots/cached_event_store.hpp>
#include <castore/snapshots/snapshot_event_store.hpp>
#include <castore/snapshots/snapshot_options.hpp>
#include <castore/snapshots/snapshot_policy.hpp>

#endif
