// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_TESTING_HPP
#define CASTORE_TESTING_TESTING_HPP

/// @file
/// The test kit without a test framework.

#include <castore/testing/adapter_conformance.hpp>
#include <castore/testing/check_events.hpp>
#include <castore/testing/domain.hpp>
#include <castore/testing/event_schema.hpp>
#include <castore/testing/failure.hpp>
#include <castore/testing/fake_clock.hpp>
#include <castore/testing/fault.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>
#include <castore/testing/given_when_then.hpp>
#include <castore/testing/id_generator.hpp>
#include <castore/testing/message_channel_conformance.hpp>
#include <castore/testing/mock_event_store.hpp>
#include <castore/testing/mute_event_store.hpp>
#include <castore/testing/property_check.hpp>

#endif
