// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/output.hpp"
#include "tools/castore/session.hpp"

#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

using namespace castore::tool;

/// In one line that a terminal may show.
void print_error(const std::string& what) {
  std::fprintf(stderr, "castore: %s\n", castore::detail::safe_text(castore::detail::without_prefix(what)).c_str());
}

ExitCode run(const std::vector<std::string>& arguments) {
  const Call call = parse_call(arguments);
  Output output{STDOUT_FILENO, format_of(call.format, STDOUT_FILENO)};
  if (!call.help.empty()) {
    output.write(call.help);
    output.flush();
    return ExitCode::ok;
  }
  Session session{call.database, output};
  const ExitCode code = call.run(session);
  output.flush();
  return code;
}

ExitCode run_safely(const std::vector<std::string>& arguments) {
  try {
    return run(arguments);
  } catch (const OutputClosed&) {
    return ExitCode::ok;
  } catch (const UsageError& error) {
    print_error(error.what());
    const bool has_command = !arguments.empty() && !arguments.front().starts_with("-");
    std::fprintf(stderr, "castore%s --help says more\n",
                 has_command && is_command(arguments.front()) ? (" " + arguments.front()).c_str() : "");
    return ExitCode::usage;
  } catch (const std::exception& error) {
    print_error(error.what());
    return ExitCode::failure;
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // a write says that the reader has gone, and so does a server's connection
  return static_cast<int>(run_safely({arguments + (count > 0 ? 1 : 0), arguments + count}));
}
