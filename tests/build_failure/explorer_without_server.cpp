// SPDX-License-Identifier: MIT
// expected: castore: serving needs the server; write #include <castore/http/server.hpp> and link castore::http, or hand requests to explorer.api() from a server of your own
// errors: 1
#include <castore/castore.hpp>
#include <castore/http.hpp>

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::Explorer explorer{storage};
#ifdef OFFEND
  explorer.serve({.port = 8080});
#else
  explorer.stop();
#endif
}
