// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_EXPLORER_HPP
#define CASTORE_HTTP_EXPLORER_HPP

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/command.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_concepts.hpp>
#include <castore/detail/random_token.hpp>
#include <castore/detail/text.hpp>
#include <castore/http/explored_command.hpp>
#include <castore/http/explored_store.hpp>
#include <castore/http/explorer_routes.hpp>
#include <castore/http/http_api.hpp>
#include <castore/http/options.hpp>
#include <castore/http/page_files.hpp>
#include <castore/http/url.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace castore {

/// The server of `castore/http/server.hpp`.
class HttpServer;

/// @brief Where an explorer is to be reached.
struct ExplorerServeOptions {
  /// @brief An address of this machine. Whoever can reach it can read. A name by which it is asked for, other than
  /// localhost, must be in the option `hosts` of the explorer.
  std::string address{"127.0.0.1"};
  int port = 0;  ///< 0: one that is free.
  /// @brief Is told the address to open in a browser, with the token, when it can be opened. Whoever has it may run
  /// commands.
  std::function<void(const std::string& url)> on_listening{};
};

/// @brief The web page for a program's own types: the events of a storage, the states that the program's reducers make
/// of them, and its commands, which are simulated before they run.
///
/// Reach for it while a program is written, and to see what it did; `castore serve` shows the same of any database, but
/// without states and commands. `examples/explorer` is one, opened by `scripts/explorer`.
///
/// @code
/// castore::Explorer explorer{storage};
/// explorer.add(pokemons);  // an EventStore
/// explorer.add(level_up);  // a Command
/// explorer.serve({.port = 8080, .on_listening = [](const std::string& url) { std::cout << url << std::endl; }});
/// @endcode
///
/// **Guarantees:** it answers all that an `HttpApi` does, under the same protections. In a simulation the command's
/// stores write nothing: others take their place, which read from the storage and keep what is pushed, and no hook or
/// extension is called (messages, inline projections). What a function has captured is not replaced. Both simulating
/// and running need the permission to write, as a command may do more than push.
/// **Errors:** refusals are answers, of the type `application/problem+json`: 422 for an input that the command does not
/// take (with the field), and for what the command throws (with its text); 409 when another push was faster; 500 when
/// the command failed after it had stored something, with what is stored.
class Explorer {
 public:
  /// @brief Explores a storage, which must outlive it unless the handle shares it.
  /// @param options `token` is made where neither it nor `authorize` is given; `files` are those of the web page unless
  /// there are others.
  explicit Explorer(AnyEventStorageAdapter storage, HttpApiOptions options = {})
      : api_{std::move(storage), completed(std::move(options))} {
    api_.add_route(detail::state_route(types_));
    api_.add_route(detail::known_stores_route(types_));
    api_.add_route(detail::commands_route(types_));
    api_.add_route(detail::run_route(types_));
  }
  /// @brief The same for an adapter of any type, which must outlive it.
  template <EventStorageAdapter Adapter>
    requires(!std::same_as<Adapter, AnyEventStorageAdapter>)
  explicit Explorer(Adapter& storage, HttpApiOptions options = {})
      : Explorer{AnyEventStorageAdapter{storage}, std::move(options)} {}
  Explorer(const Explorer&) = delete;
  Explorer& operator=(const Explorer&) = delete;
  ~Explorer() = default;

  /// @brief Shows the states of a store's aggregates. @pre No request is being handled.
  /// @param store It must outlive the explorer. Its aggregate must have JSON, as a payload has: public fields, or
  /// functions such as `NLOHMANN_DEFINE_TYPE_INTRUSIVE` writes.
  /// @throws std::invalid_argument when it has one of this name
  template <ReadsAggregates Store>
  Explorer& add(const Store& store) {
    return add_to(types_.stores, std::make_unique<detail::ExploredStoreOf<Store>>(store));
  }
  template <ReadsAggregates Store>
  Explorer& add(const Store&& store) = delete;

  /// @brief Lets a command be simulated and run. @pre No request is being handled.
  /// @param command It must outlive the explorer. Its input must have JSON: it is the second parameter of a decide
  /// function, the first of a handler.
  /// @param context What the command takes after its input; it must outlive the explorer.
  /// @throws std::invalid_argument when it has one of this name
  template <class Store, class Decide, class... Context>
  Explorer& add(const Command<Store, Decide>& command, Context&... context) {
    return add_to(types_.commands,
                  std::make_unique<detail::ExploredDecision<Store, Decide, Context...>>(command, context...));
  }
  template <class... Stores, class Handler, class... Context>
  Explorer& add(const Command<std::tuple<Stores&...>, Handler>& command, Context&... context) {
    using Explored = detail::ExploredHandler<std::tuple<Stores&...>, Handler, Context...>;
    return add_to(types_.commands, std::make_unique<Explored>(command, context...));
  }
  template <class Store, class Decide, class... Context>
  Explorer& add(const Command<Store, Decide>&& command, Context&... context) = delete;

  /// @brief What answers its requests, for a server of your own.
  const HttpApi& api() const noexcept { return api_; }
  /// @brief Whoever has it may run commands.
  const std::string& token() const noexcept { return api_.options().token; }

  /// @brief Serves the web page, on the calling thread, until it is stopped. To be called once. It needs the component
  /// `castore::http`, and `#include <castore/http/server.hpp>`.
  /// @throws HttpServerError when it cannot listen there
  template <class Server = HttpServer>
  void serve(const ExplorerServeOptions& options = {}) {
    constexpr bool has_server = requires { sizeof(Server); };
    static_assert(has_server,
                  "castore: serving needs the server; write #include <castore/http/server.hpp> and link castore::http, "
                  "or hand requests to explorer.api() from a server of your own");
    if constexpr (has_server) {
      Server server{api_, {.address = options.address, .port = options.port}};
      {
        const std::lock_guard lock{mutex_};
        if (is_stopped_) return;
        stop_server_ = [&server] { server.stop(); };
      }
      const Forget forget{*this};
      if (options.on_listening) options.on_listening(url_of(options.address, server.port()));
      server.serve();
    }
  }
  /// @brief Ends `serve`, also one that begins later. Any thread may call it.
  void stop() {
    const std::lock_guard lock{mutex_};
    is_stopped_ = true;
    if (stop_server_) stop_server_();
  }

 private:
  /// Lets nobody stop a server that is gone.
  struct Forget {
    explicit Forget(Explorer& explorer_) noexcept : explorer{explorer_} {}
    Forget(const Forget&) = delete;
    Forget& operator=(const Forget&) = delete;
    ~Forget() {
      const std::lock_guard lock{explorer.mutex_};
      explorer.stop_server_ = nullptr;
    }
    Explorer& explorer;
  };

  static HttpApiOptions completed(HttpApiOptions options) {
    if (options.token.empty() && !options.authorize) options.token = detail::random_token();
    if (options.files.empty()) options.files = page_files();
    return options;
  }
  std::string url_of(const std::string& address, int port) const {
    return "http://" + detail::host_of_address(address) + ':' + std::to_string(port) + '/' +
           (token().empty() ? "" : "#token=" + token());
  }
  template <class All, class Explored>
  Explorer& add_to(All& all, Explored explored) {
    if (detail::ExploredTypes::find(all, explored->id()) != nullptr) {
      throw std::invalid_argument{"castore: the explorer has " + detail::in_quotes(explored->id()) +
                                  " already; give each store and each command a name of its own"};
    }
    all.push_back(std::move(explored));
    return *this;
  }

  detail::ExploredTypes types_;
  HttpApi api_;
  std::mutex mutex_;
  std::function<void()> stop_server_;
  bool is_stopped_ = false;
};

}  // namespace castore

#endif
