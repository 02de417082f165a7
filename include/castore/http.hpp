// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_HPP
#define CASTORE_HTTP_HPP

/// @file
/// The events of a storage over HTTP: `HttpApi` answers requests, whatever server brings them; an `Explorer` adds what
/// only a program knows that has the types. A server that is ready is `castore/http/server.hpp`, a storage adapter that
/// asks one is `castore/adapters/http.hpp`.

#include <castore/http/explorer.hpp>
#include <castore/http/http_api.hpp>

#endif
