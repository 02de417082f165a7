// SPDX-License-Identifier: MIT
// An email address in an event that nobody can read any more once the person's key is gone.

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <cstddef>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// [sealed]
/// A text that can be read only with the key of the person whom it is about.
struct Sealed {
  std::string person;
  std::vector<unsigned char> nonce;
  std::vector<unsigned char> tag;
  std::vector<unsigned char> text;
};

struct TrainerRegistered {
  static constexpr std::string_view type = "TRAINER_REGISTERED";
  Sealed email;
};
struct TrainerForgotten {
  static constexpr std::string_view type = "TRAINER_FORGOTTEN";
};
// [/sealed]

struct Trainer {
  std::string aggregate_id;
  castore::Version version = 0;
  Sealed email{};
  bool is_forgotten = false;
};

// [reducer]
struct TrainerReducer {
  void operator()(Trainer& trainer, const TrainerRegistered& event) const { trainer.email = event.email; }
  void operator()(Trainer& trainer, const TrainerForgotten&) const { trainer.is_forgotten = true; }
};
// [/reducer]

// [keys]
/// Stands for a table in an ordinary database, with one row for each person and short-lived backups.
class PersonalKeys {
 public:
  Sealed seal(const std::string& person, std::string_view text) {
    auto [key, is_new] = keys_.try_emplace(person);
    if (is_new) random(key->second.data(), key->second.size());
    Sealed sealed{person, std::vector<unsigned char>(12), std::vector<unsigned char>(16), {}};
    random(sealed.nonce.data(), sealed.nonce.size());  // never the same nonce twice with one key
    sealed.text = crypt(sealed, key->second, {text.begin(), text.end()}, true).value();
    return sealed;
  }

  /// Nothing when the person was forgotten. @throws std::runtime_error if the text was changed.
  std::optional<std::string> open(const Sealed& sealed) const {
    const auto key = keys_.find(sealed.person);
    if (key == keys_.end()) return std::nullopt;
    Sealed copy = sealed;
    const auto text = crypt(copy, key->second, sealed.text, false);
    if (!text) throw std::runtime_error{"the sealed text of " + sealed.person + " was changed"};
    return std::string{text->begin(), text->end()};
  }

  void forget(const std::string& person) { keys_.erase(person); }
  // [/keys]

 private:
  using Key = std::array<unsigned char, 32>;
  using Bytes = std::vector<unsigned char>;

  static void random(unsigned char* bytes, std::size_t size) {
    if (RAND_bytes(bytes, static_cast<int>(size)) != 1) throw std::runtime_error{"no random numbers"};
  }

  // AES-256-GCM: it also notices a text that was changed, or moved to another person.
  static std::optional<Bytes> crypt(Sealed& sealed, const Key& key, const Bytes& in, bool encrypts) {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> owner{EVP_CIPHER_CTX_new(),
                                                                                 EVP_CIPHER_CTX_free};
    EVP_CIPHER_CTX* context = owner.get();
    const auto* person = reinterpret_cast<const unsigned char*>(sealed.person.data());
    Bytes out(in.size() + 16);
    int size = 0;
    int rest = 0;
    bool is_good = EVP_CipherInit_ex(context, EVP_aes_256_gcm(), nullptr, key.data(), sealed.nonce.data(), encrypts) == 1;
    is_good = is_good &&
              EVP_CipherUpdate(context, nullptr, &size, person, static_cast<int>(sealed.person.size())) == 1 &&
              EVP_CipherUpdate(context, out.data(), &size, in.data(), static_cast<int>(in.size())) == 1;
    if (is_good && !encrypts) {
      is_good = sealed.nonce.size() == 12 && sealed.tag.size() == 16 &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, 16, sealed.tag.data()) == 1;
    }
    if (!is_good || EVP_CipherFinal_ex(context, out.data() + size, &rest) != 1) return std::nullopt;
    if (encrypts) EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, sealed.tag.data());
    out.resize(static_cast<std::size_t>(size + rest));
    return out;
  }

  std::map<std::string, Key> keys_;
};

int main() {
  castore::SqliteEventStorageAdapter storage{":memory:"};
  castore::EventStore<castore::Events<TrainerRegistered, TrainerForgotten>, Trainer, TrainerReducer,
                      castore::SqliteEventStorageAdapter>
      trainers{"TRAINERS", storage};
  PersonalKeys keys;

  // [run]
  trainers.push_event("trainer-7", 1, TrainerRegistered{keys.seal("trainer-7", "ash@pallet.example")});
  const auto show = [&] {
    const Trainer trainer = trainers.get_existing_aggregate("trainer-7");
    std::cout << "version " << trainer.version << ": " << keys.open(trainer.email).value_or("(forgotten)") << '\n';
  };
  show();

  trainers.push_event("trainer-7", 2, TrainerForgotten{});  // tells those who copied the address
  keys.forget("trainer-7");                                 // and now nobody can read it
  show();
  // [/run]
}
