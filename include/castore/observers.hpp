// SPDX-License-Identifier: MIT
#ifndef CASTORE_OBSERVERS_HPP
#define CASTORE_OBSERVERS_HPP

/// @file
/// Stores and commands that tell an observer what they do, for logs, metrics and traces. Channels that do are in
/// <castore/messaging.hpp>; subscriptions, projections and relays take an observer as an option.

#include <castore/core/observer.hpp>
#include <castore/observers/observed_command.hpp>
#include <castore/observers/observed_event_store.hpp>

#endif
