// SPDX-License-Identifier: MIT
#include "tools/castore/moving.hpp"

#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace castore::tool {

std::optional<MoveState> StateFile::load() const {
  std::ifstream file{path_, std::ios::binary};
  if (!file) return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  try {
    return MoveState{json.at("token").get<std::string>(), json.at("length").get<std::uint64_t>(),
                     json.at("stores").get<std::vector<std::string>>()};
  } catch (const nlohmann::json::exception&) {
    throw std::runtime_error{detail::in_quotes(path_) +
                             " does not say how far something was copied; delete it to begin again"};
  }
}

void StateFile::save(const MoveState& state) const {
  const std::string next = path_ + ".new";
  {
    std::ofstream file{next, std::ios::binary | std::ios::trunc};
    file << nlohmann::json{{"token", state.token}, {"length", state.length}, {"stores", state.stores}}.dump() << '\n';
    file.close();
    if (!file) throw std::runtime_error{"cannot write " + detail::in_quotes(next)};
  }
  std::filesystem::rename(next, path_);
}

void StateFile::remove() const {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

bool Pace::is_due() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return false;
  next_ = now + std::chrono::milliseconds{200};
  return true;
}

void throw_interrupted(const CopyInterruptedError& error) {
  const std::string count = std::to_string(error.result().read_count);
  try {
    std::rethrow_if_nested(error);
  } catch (const InvalidEventError& event) {
    throw std::runtime_error{std::string{event.what()} + "; after " + count + " events. Correct it, and run it again"};
  } catch (const std::exception& reason) {
    throw std::runtime_error{std::string{reason.what()} + "; after " + count + " events. Run it again to go on"};
  }
  throw error;
}

void print_result(Output& output, const CopyResult& result, std::optional<std::size_t> compared_count) {
  Listing listing{output,
                  {{"readCount", "READ", true},
                   {"writtenCount", "WRITTEN", true},
                   {"alreadyThereCount", "ALREADY THERE", true},
                   {"comparedCount", "COMPARED", true}}};
  const auto count_cell = [](std::size_t count) { return number_cell(static_cast<std::int64_t>(count)); };
  listing.add({count_cell(result.read_count), count_cell(result.written_count), count_cell(result.already_there_count),
               compared_count ? count_cell(*compared_count) : no_cell()});
  listing.finish();
}

}  // namespace castore::tool
