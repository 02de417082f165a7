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

/// @brief Where an explorer serves its page.
struct ExplorerServeOptions {
  /// @brief An address of this machine. Whoever can reach it can read all events. If browsers use a name other than
  /// localhost for it, the name must be in the explorer's option `hosts`.
  std::string address{"127.0.0.1"};
  int port = 0;  ///< 0: any free port.
  /// @brief Gets the address to open in a browser, with the token, as soon as it can be opened. Whoever has the token
  /// may run commands.
  std::function<void(const std::string& url)> on_listening{};
};

/// @brief The web page for a program's own types. It shows the events of a storage and the states that the program's
/// reducers make of them, and offers the program's commands, which are simulated before they run.
///
/// Reach for it while you write a program, and to see what the program did. `castore serve` shows a database in the
/// same way, but without states and commands. `examples/explorer` is an example; `scripts/explorer` opens it.
///
/// @code
/// castore::Explorer explorer{storage};
/// explorer.add(pokemons);  // an EventStore
/// explorer.add(level_up);  // a Command
/// explorer.serve({.port = 8080, .on_listening = [](const std::string& url) { std::cout << url << std::endl; }});
/// @endcode
///
/// **Guarantees:** it answers everything that an `HttpApi` answers, under the same protections. In a simulation nothing
/// is written by the command's stores: others take their place, which read from the storage and keep to themselves what
/// is pushed. No hook or extension is called (messages, inline projections). A store that a function has captured is
/// not replaced. Both simulating and running need the permission to write, because a command may do more than push.
/// **Errors:** refusals are answers of the type `application/problem+json`. 422: the command does not take the input
/// (with the field), or it throws (with the text), or `HttpApiOptions::max_compared_size` is too small to tell what set
/// each field (with the last version for which it is not). 409: another push was faster. 500: the command failed after
/// it had stored something (with what is stored).
class Explorer {
 public:
  /// @brief Explores a storage, which must outlive the explorer unless the handle shares it.
  /// @param options A `token` is made if neither it nor `authorize` is given; `files` are those of the web page unless
  /// you give others.
  explicit Explorer(AnyEventStorageAdapter storage, HttpApiOptions options = {})
      : api_{std::move(storage), completed(std::move(options))} {
    api_.add_route(detail::state_route(types_, api_.options().max_compared_size));
    api_.add_route(detail::known_stores_route(types_));
    api_.add_route(detail::commands_route(types_));
    api_.add_route(detail::run_route(types_));
  }
  /// @brief The same for an adapter of any type, which must outlive the explorer.
  template <EventStorageAdapter Adapter>
    requires(!std::same_as<Adapter, AnyEventStorageAdapter>)
  explicit Explorer(Adapter& storage, HttpApiOptions options = {})
      : Explorer{AnyEventStorageAdapter{storage}, std::move(options)} {}
  Explorer(const Explorer&) = delete;
  Explorer& operator=(const Explorer&) = delete;
  ~Explorer() = default;

  /// @brief Shows the states of a store's aggregates. @pre No request is being handled.
  /// @param store It must outlive the explorer. Its aggregate must have a JSON form, as a payload has: public fields,
  /// or functions such as `NLOHMANN_DEFINE_TYPE_INTRUSIVE` writes.
  /// @throws std::invalid_argument when the explorer already has a store of this name
  template <ReadsAggregates Store>
  Explorer& add(const Store& store) {
    if constexpr (decltype(detail::codec_fault<typename Store::Aggregate>())::explain()) {
      add_to(types_.stores, std::make_unique<detail::ExploredStoreOf<Store>>(store));
    }
    return *this;
  }
  template <ReadsAggregates Store>
  Explorer& add(const Store&& store) = delete;

  /// @brief Lets a command be simulated and run. @pre No request is being handled.
  /// @param command It must outlive the explorer. Its input must have a JSON form. The input is the second parameter of
  /// a decide function, or the first of a handler.
  /// @param context What the command takes after its input; it must outlive the explorer.
  /// @throws std::invalid_argument when the explorer already has a command of this name
  template <class Store, class Decide, class... Context>
  Explorer& add(const Command<Store, Decide>& command, Context&... context) {
    if constexpr (decltype(detail::codec_fault<typename Store::Aggregate>())::explain()) {
      add_to(types_.commands,
             std::make_unique<detail::ExploredDecision<Store, Decide, Context...>>(command, context...));
    }
    return *this;
  }
  template <class... Stores, class Handler, class... Context>
  Explorer& add(const Command<std::tuple<Stores&...>, Handler>& command, Context&... context) {
    using Explored = detail::ExploredHandler<std::tuple<Stores&...>, Handler, Context...>;
    if constexpr ((decltype(detail::codec_fault<typename Stores::Aggregate>())::explain() && ...)) {
      add_to(types_.commands, std::make_unique<Explored>(command, context...));
    }
    return *this;
  }
  template <class Store, class Decide, class... Context>
  Explorer& add(const Command<Store, Decide>&& command, Context&... context) = delete;

  /// @brief Answers the explorer's requests; for a server of your own.
  const HttpApi& api() const noexcept { return api_; }
  /// @brief The token. Whoever has it may run commands.
  const std::string& token() const noexcept { return api_.options().token; }

  /// @brief Serves the web page on the calling thread until it is stopped. Call it once. It needs the component
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
  /// @brief Ends `serve`, even if that begins later. Any thread may call it.
  void stop() {
    const std::lock_guard lock{mutex_};
    is_stopped_ = true;
    if (stop_server_) stop_server_();
  }

 private:
  /// Makes sure that nobody stops a server that is gone.
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
  void add_to(All& all, Explored explored) {
    if (detail::ExploredTypes::find(all, explored->id()) != nullptr) {
      throw std::invalid_argument{"castore: the explorer has " + detail::in_quotes(explored->id()) +
                                  " already; give each store and each command a name of its own"};
    }
    all.push_back(std::move(explored));
  }

  detail::ExploredTypes types_;
  HttpApi api_;
  std::mutex mutex_;
  std::function<void()> stop_server_;
  bool is_stopped_ = false;
};

}  // namespace castore

#endif
