// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_HPP
#define CASTORE_LOG_HPP

/// @file
/// What stands on the one order of a storage's events: subscriptions and read models.

#include <castore/log/checkpoint_store.hpp>
#include <castore/log/errors.hpp>
#include <castore/log/event_place.hpp>
#include <castore/log/inline_projections.hpp>
#include <castore/log/projection.hpp>
#include <castore/log/projection_versions.hpp>
#include <castore/log/subscription.hpp>
#include <castore/log/subscription_options.hpp>

#endif
