// SPDX-License-Identifier: MIT
// The core and the adapter in memory, without JSON.
#include <castore/adapters/in_memory.hpp>
#include <castore/core/command.hpp>
#include <castore/core/event_group.hpp>
#include <castore/core/event_store.hpp>
