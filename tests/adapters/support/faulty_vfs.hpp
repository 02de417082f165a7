// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_ADAPTERS_SUPPORT_FAULTY_VFS_HPP
#define CASTORE_TESTS_ADAPTERS_SUPPORT_FAULTY_VFS_HPP

#include <sqlite3.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <new>
#include <string>
#include <utility>

namespace castore::sqlite_tests {

/// SQLite's file system with faults on demand. While it lives, it is the default one of the process.
class FaultyVfs {
 public:
  FaultyVfs() : real_{sqlite3_vfs_find(nullptr)}, vfs_{*real_} {
    vfs_.zName = "castore-faulty";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.pAppData = this;
    vfs_.pNext = nullptr;
    vfs_.xOpen = [](sqlite3_vfs* vfs, sqlite3_filename_t name, sqlite3_file* file, int flags, int* out_flags) {
      auto* const self = static_cast<FaultyVfs*>(vfs->pAppData);
      int access = flags;
      if (self->is_read_only_) {
        int exists = 0;
        self->real_->xAccess(self->real_, name, SQLITE_ACCESS_EXISTS, &exists);
        if (exists == 0) return SQLITE_CANTOPEN;
        access = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
      }
      auto* const opened = new (file) File{};
      opened->owner = self;
      opened->real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + sizeof(File));
      if (self->is_read_only_ && (flags & SQLITE_OPEN_MAIN_DB) != 0) {  // its -shm is opened later
        const std::string path = name;
        const char* parameter[] = {"readonly_shm", "1"};
        opened->name =
            sqlite3_create_filename(name, (path + "-journal").c_str(), (path + "-wal").c_str(), 1, parameter);
        name = opened->name;
      }
      if ((flags & SQLITE_OPEN_MAIN_DB) != 0) call_once(self->before_open_);
      const int code = self->real_->xOpen(self->real_, name, opened->real, access, out_flags);
      if ((flags & SQLITE_OPEN_MAIN_DB) != 0) call_once(self->after_open_);
      if (opened->real->pMethods != nullptr) {
        opened->base.pMethods = methods();
      } else {
        sqlite3_free_filename(const_cast<char*>(opened->name));  // nobody will close it
      }
      return code;
    };
    sqlite3_vfs_register(&vfs_, 1);
  }
  FaultyVfs(FaultyVfs&&) = delete;
  ~FaultyVfs() {
    sqlite3_vfs_register(real_, 1);
    sqlite3_vfs_unregister(&vfs_);
  }

  /// From the n-th write (from 1) on, every write fails with this code, as on a disk that is full.
  void fail_writes(int code, int from = 1) {
    write_code_ = code;
    writes_left_ = from - 1;
  }
  void fail_syncs(int code) { sync_code_ = code; }
  void heal() {
    is_read_only_ = false;
    write_code_ = SQLITE_OK;
    sync_code_ = SQLITE_OK;
  }
  /// From now on nothing can be written or created, as on a file system that is mounted read-only.
  void mount_read_only() { is_read_only_ = true; }
  /// What happens, once, right before or after the next database is opened, or before something is read.
  void before_open(std::function<void()> happens) { before_open_ = std::move(happens); }
  void after_open(std::function<void()> happens) { after_open_ = std::move(happens); }
  void before_read(std::function<void()> happens) { before_read_ = std::move(happens); }
  /// How often anything was flushed to disk, or tried to be.
  int syncs() const { return syncs_; }
  /// The file system without faults, for PlainSqlite.
  const char* real_name() const { return real_->zName; }

 private:
  using sqlite3_filename_t = const char*;
  struct File {
    sqlite3_file base{};
    FaultyVfs* owner = nullptr;
    sqlite3_file* real = nullptr;
    const char* name = nullptr;  // made here
  };

  static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

  template <auto Method, class... Arguments>
  static int forward(sqlite3_file* file, Arguments... arguments) {
    sqlite3_file* const real = of(file).real;
    return (real->pMethods->*Method)(real, arguments...);
  }

  static void call_once(std::function<void()>& happens) {
    if (const auto now = std::exchange(happens, nullptr)) now();
  }
  int next_write() { return write_code_ != SQLITE_OK && writes_left_-- <= 0 ? write_code_.load() : SQLITE_OK; }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods table = [] {
      using Methods = sqlite3_io_methods;
      Methods all{};
      all.iVersion = 2;
      all.xClose = [](sqlite3_file* file) {
        const int code = forward<&Methods::xClose>(file);
        sqlite3_free_filename(const_cast<char*>(of(file).name));
        return code;
      };
      all.xRead = [](sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
        call_once(of(file).owner->before_read_);
        return forward<&Methods::xRead>(file, data, size, offset);
      };
      all.xWrite = [](sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
        const int code = of(file).owner->next_write();
        return code != SQLITE_OK ? code : forward<&Methods::xWrite>(file, data, size, offset);
      };
      all.xTruncate = &forward<&Methods::xTruncate, sqlite3_int64>;
      all.xSync = [](sqlite3_file* file, int flags) {
        FaultyVfs& owner = *of(file).owner;
        ++owner.syncs_;
        return owner.sync_code_ != SQLITE_OK ? owner.sync_code_.load() : forward<&Methods::xSync>(file, flags);
      };
      all.xFileSize = &forward<&Methods::xFileSize, sqlite3_int64*>;
      all.xLock = &forward<&Methods::xLock, int>;
      all.xUnlock = &forward<&Methods::xUnlock, int>;
      all.xCheckReservedLock = &forward<&Methods::xCheckReservedLock, int*>;
      all.xFileControl = &forward<&Methods::xFileControl, int, void*>;
      all.xSectorSize = &forward<&Methods::xSectorSize>;
      all.xDeviceCharacteristics = &forward<&Methods::xDeviceCharacteristics>;
      all.xShmMap = &forward<&Methods::xShmMap, int, int, int, void volatile**>;
      all.xShmLock = &forward<&Methods::xShmLock, int, int, int>;
      all.xShmBarrier = [](sqlite3_file* file) { of(file).real->pMethods->xShmBarrier(of(file).real); };
      all.xShmUnmap = &forward<&Methods::xShmUnmap, int>;
      return all;
    }();
    return &table;
  }

  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  std::function<void()> before_open_;
  std::function<void()> after_open_;
  std::function<void()> before_read_;
  std::atomic<bool> is_read_only_{false};
  std::atomic<int> write_code_{SQLITE_OK};
  std::atomic<int> writes_left_{0};
  std::atomic<int> sync_code_{SQLITE_OK};
  std::atomic<int> syncs_{0};
};

}  // namespace castore::sqlite_tests

#endif
