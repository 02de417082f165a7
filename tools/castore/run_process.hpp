// SPDX-License-Identifier: MIT
#ifndef CASTORE_TOOLS_CASTORE_RUN_PROCESS_HPP
#define CASTORE_TOOLS_CASTORE_RUN_PROCESS_HPP

#include <string>
#include <string_view>

namespace castore::tool {

/// Runs a command of the shell with a text as its standard input; its output goes where ours goes.
/// @return Empty when it ended with 0; else how it ended. @throws std::system_error when it cannot be started, or how
/// it ended is not known
std::string run_process(const std::string& command, std::string_view input);

}  // namespace castore::tool

#endif
