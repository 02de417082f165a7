// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_GIT_HISTORY_SHOW_HPP
#define CASTORE_EXAMPLES_GIT_HISTORY_SHOW_HPP

/// @file
/// What event sourcing is for: who changed what, what was there at any version, what the tree looked like at any
/// commit.

#include "events.hpp"
#include "git.hpp"
#include "replay.hpp"
#include "text.hpp"

#include <castore/castore.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace git_history {

inline std::string_view abbreviated(std::string_view object_id) { return object_id.substr(0, 10); }

/// @brief The most-changed files, at most `count`, the most-changed first.
inline std::vector<FileSummary> most_changed(std::vector<FileSummary> files, std::size_t count) {
  std::ranges::sort(files, [](const FileSummary& left, const FileSummary& right) {
    return std::tie(right.changes, left.path) < std::tie(left.changes, right.path);
  });
  files.resize(std::min(files.size(), count));
  return files;
}

inline void show_most_changed(std::span<const FileSummary> files, std::ostream& out) {
  out << "\nthe most-changed files\n";
  for (const FileSummary& file : files) {
    out << std::setw(8) << file.changes << "  " << printable(file.path) << '\n';
  }
}

/// @brief One line per event: version, time, type, commit, author. Only the first and the last ones when there are more
/// than `longest`.
inline void show_audit_trail(const FileStore& files, const FileSummary& file, std::size_t longest, std::ostream& out) {
  out << "\nthe audit trail of " << printable(file.path) << '\n';
  const auto events = files.get_events(escape(file.path), {.max_version = file.changes});
  const std::size_t omitted = events.size() <= longest ? 0 : events.size() - longest;
  const std::size_t first_omitted = longest / 2;
  for (std::size_t index = 0; index < events.size(); ++index) {
    if (omitted > 0 && index == first_omitted) {
      out << "     ...  " << omitted << " more; --show PATH lists all of a file\n";
      index += omitted;
    }
    const FileStore::Event& event = events[index];
    const Change& change = change_of(event);
    out << std::setw(8) << event.version() << "  " << castore::format_timestamp(event.timestamp()) << "  " << std::left
        << std::setw(13) << event.type() << std::right << "  " << abbreviated(change.commit) << "  "
        << printable(unescape(change.author).value_or(change.author)) << '\n';
  }
}

/// @brief The file as it was at its first version, halfway, and at its last.
inline void show_rewound(const FileStore& files, const FileSummary& file, std::ostream& out) {
  out << "\nits state at some versions\n";
  for (const castore::Version version : std::set<castore::Version>{1, (1 + file.changes) / 2, file.changes}) {
    const File rewound = files.get_existing_aggregate(escape(file.path), {.max_version = version});
    const Change& change = rewound.last_change;
    out << std::setw(8) << rewound.version << "  "
        << (rewound.exists ? change.mode + " " + std::string{abbreviated(change.blob)} : "deleted") << "  since commit "
        << change.commit_number << '\n';
  }
}

/// @brief How many files a commit has, and the first few by name.
inline void show_tree(std::int64_t commit_number, const Tree& tree, std::ostream& out) {
  constexpr std::size_t shown = 5;
  out << "\nthe tree at commit " << commit_number << ": " << tree.size() << " files\n";
  std::vector<const Tree::value_type*> entries;
  for (const auto& entry : tree) entries.push_back(&entry);
  const std::size_t count = std::min(shown, entries.size());
  std::ranges::partial_sort(entries, entries.begin() + static_cast<std::ptrdiff_t>(count), {},
                            [](const auto* entry) { return std::string_view{entry->first}; });
  for (std::size_t index = 0; index < count; ++index) {
    const auto& [path, entry] = *entries[index];
    out << "  " << entry.mode << ' ' << abbreviated(entry.blob) << "  " << printable(path) << '\n';
  }
  if (entries.size() > count) out << "  ...  " << entries.size() - count << " more\n";
}

}  // namespace git_history

#endif
