// SPDX-License-Identifier: MIT
#include "tools/castore/command.hpp"
#include "tools/castore/database.hpp"
#include "tools/castore/reader_states.hpp"
#include "tools/castore/session.hpp"

#include <castore/core/event_log.hpp>
#include <castore/detail/random_token.hpp>
#include <castore/http/http_api.hpp>
#include <castore/http/page_files.hpp>
#include <castore/http/server.hpp>
#include <castore/http/url.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace castore::tool {

namespace {

struct ServeOptions {
  std::optional<std::size_t> port;
  std::optional<std::string> address;
  std::vector<std::string> hosts;
  bool allow_writes = false;
  bool allow_force = false;
};

/// What may be shown of a URL: the last name in it, without its parameters and its user, who may have a password there.
std::string shown_name(const std::string& url) {
  if (url.find("://") == std::string::npos) return std::filesystem::path{url}.filename().string();
  const std::string path = url.substr(0, url.find('?'));
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.substr(name.rfind('@') + 1);
}

std::vector<HttpProjection> projections_of(Session& session, AnyEventStorageAdapter storage) {
  const Position head = storage.read_all_events(0, {.limit = 0}, [](const SequencedEventView&) {}).head;
  const ReaderStates states{session.database().readers()};
  std::vector<HttpProjection> projections;
  for (const ReaderState& reader : states.readers()) {
    projections.push_back(
        {reader.name, reader.version, reader.position, states.state(reader, head), reader.updated_at});
  }
  return projections;
}

std::vector<HttpDeadLetter> dead_letters_of(Session& session) {
  std::vector<HttpDeadLetter> letters;
  for (KeptDeadLetter& kept : session.database().dead_letters()) {
    letters.push_back({std::move(kept.name), kept.version, std::move(kept.letter)});
  }
  return letters;
}

HttpApiOptions api_options(Session& session, const ServeOptions& options) {
  const AnyEventStorageAdapter storage = session.storage();
  HttpApiOptions api{.database = shown_name(session.url()),
                     .allow_force = options.allow_force,
                     .projections = [&session, storage] { return projections_of(session, storage); },
                     .dead_letters = [&session] { return dead_letters_of(session); },
                     .files = page_files()};
  api.hosts.insert(api.hosts.end(), options.hosts.begin(), options.hosts.end());
  if (options.address) api.hosts.push_back(detail::host_of_address(*options.address));
  if (options.allow_writes) api.token = detail::random_token();
  return api;
}

std::string url_of(const ServeOptions& options, int port) {
  return "http://" + detail::host_of_address(options.address.value_or("localhost")) + ':' + std::to_string(port) + '/';
}

ExitCode serve(Session& session, const ServeOptions& options) {
  if (options.port.value_or(0) > 65'535) throw UsageError{"--port takes a number up to 65535"};
  if (options.allow_force && !options.allow_writes) throw UsageError{"--allow-force is for --allow-writes"};
  session.database(options.allow_writes ? Access::change : Access::read);
  const HttpApi api{session.storage(), api_options(session, options)};
  HttpServer server{
      api, {.address = options.address.value_or("127.0.0.1"), .port = static_cast<int>(options.port.value_or(0))}};
  const std::string& token = api.options().token;
  session.output().write(url_of(options, server.port()) + (token.empty() ? "" : "#token=" + token) + '\n');
  session.output().flush();
  server.serve();
  return ExitCode::ok;
}

const RegisterCommand serve_command{
    {.name = "serve",
     .summary = "the web page and the HTTP API of a database",
     .details =
         "Serves the web page, and the HTTP API that it uses, on this machine only, and prints the address to open. "
         "It only reads, unless --allow-writes is given: then who has the address that it prints may write. Ctrl-C "
         "ends it.",
     .define = [](CommandLine& line) -> Run {
       const auto options = std::make_shared<ServeOptions>();
       line.option("--port", "N", options->port, "the port to listen at; one that is free unless given")
           .option("--address", "ADDRESS", options->address,
                   "the address to listen at, for others than this machine; whoever reaches it may read")
           .option("--host", "NAME", options->hosts,
                   "a name by which it is asked for, besides localhost; may be given "
                   "several times")
           .flag("--allow-writes", options->allow_writes, "let who has the printed address write")
           .flag("--allow-force", options->allow_force, "let them overwrite events, too");
       return [options](Session& session) { return serve(session, *options); };
     }}};

}  // namespace

}  // namespace castore::tool
