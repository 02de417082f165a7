// SPDX-License-Identifier: MIT
// expected: castore: this is not a fixture of an adapter; a fixture is the adapter, a pointer to it, or an object with a
// expected: public `MyAdapter& adapter()`
// expected: MyFixture
// errors: 1
// lines[clang]: 16
#include <castore/castore.hpp>
#include <castore/testing/catch2.hpp>

struct MyFixture {
#ifdef OFFEND
  castore::InMemoryEventStorageAdapter& storage() { return storage_; }
#else
  castore::InMemoryEventStorageAdapter& adapter() { return storage_; }
#endif
  castore::InMemoryEventStorageAdapter storage_;
};

const bool registered = castore::testing::register_adapter_laws<MyFixture>("my adapter");
