// The `auth` section (spec §12). A digest is never quoted in a message: the key itself is easily pasted in its place.
#include <algorithm>
#include <array>
#include <map>

#include "config/address.hpp"
#include "config/gateway_reader.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::config {
namespace {

std::optional<sha256_digest> read_digest(const node& from, reading& in) {
  const auto text = read_text(from, in);
  if (!text) return std::nullopt;
  sha256_digest digest{};
  if (text->size() != digest.size() * 2) {
    in.fault(from, std::to_string(text->size()) + " characters, a SHA-256 has 64 hex digits");
    return std::nullopt;
  }
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const auto high = core::ascii::hex_value((*text)[2 * i]);
    const auto low = core::ascii::hex_value((*text)[2 * i + 1]);
    if (!high || !low) {
      in.fault(from, "not hexadecimal: the SHA-256 of the key is wanted, as 64 hex digits");
      return std::nullopt;
    }
    digest[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return digest;
}

std::optional<phi_permission> read_phi(const node& from, reading& in) {
  static constexpr std::array<std::pair<std::string_view, phi_permission>, 3> choices{
      {{"allowed", phi_permission::allowed},
       {"required", phi_permission::required},
       {"forbidden", phi_permission::forbidden}}};
  return read_choice<phi_permission>(from, in, choices);
}

std::optional<auth_mode> read_mode(const node& from, reading& in) {
  static constexpr std::array<std::pair<std::string_view, auth_mode>, 2> choices{
      {{"none", auth_mode::none}, {"keys", auth_mode::keys}}};
  return read_choice<auth_mode>(from, in, choices);
}

class key_reader {
 public:
  explicit key_reader(reading& in) : in_(in) {}

  api_key read(const node& from) {
    api_key key;
    read_map(from, in_, "a key's settings", [&](map_reader& map) {
      map.must_set("id", key.id, read_word);
      if (const node* digests = map.require("sha256")) read_digests(*digests, key);
      read_key_regions(map, key);
      map.set("phi", key.phi, read_phi);
      map.set("expires", key.expires, read_date);
      map.set("metrics", key.metrics, read_flag);
    });
    const auto [first, inserted] = ids_.try_emplace(key.id, from.line);
    if (!inserted && !key.id.empty()) {
      in_.fault(from, "the id " + in_quotes(key.id) + " has a key already, on line " + std::to_string(first->second));
    }
    return key;
  }

 private:
  void read_digests(const node& from, api_key& key) {
    const auto add = [&](const node& item) {
      const auto digest = read_digest(item, in_);
      if (!digest) return;
      // One key with two ids would have two policies.
      if (const auto [first, inserted] = digests_.try_emplace(*digest, item.line); !inserted) {
        in_.fault(item, "the same SHA-256 as on line " + std::to_string(first->second));
      }
      key.sha256.push_back(*digest);
    };
    if (from.shape != shape::list) return add(from);
    if (from.children.empty()) in_.fault(from, "an empty list: a key needs at least one SHA-256");
    for (const node& item : from.children) add(item);
  }

  void read_key_regions(map_reader& map, api_key& key) {
    const node* listed = map.take("regions");
    if (listed != nullptr) {
      key.regions = read_regions(*listed, in_, [](const node&, core::region) {});
    } else {
      for (const core::region region : core::all_regions()) key.regions.insert(region);
    }
    const node* named = map.take("region");
    if (named != nullptr) {
      key.region = read_region(*named, in_);
      if (!key.region || key.regions.empty() || key.regions.contains(*key.region)) return;
      in_.fault(*named, in_quotes(named->scalar) + " is not in the key's regions");
    } else if (std::ranges::count_if(core::all_regions(), [&](auto r) { return key.regions.contains(r); }) == 1) {
      key.region = *std::ranges::find_if(core::all_regions(), [&](auto r) { return key.regions.contains(r); });
    }
  }

  reading& in_;
  std::map<std::string, int> ids_;
  std::map<sha256_digest, int> digests_;
};

void check_mode(const node* mode, const node* keys, reading& in, const settings& read) {
  if (read.auth == auth_mode::keys) {
    const bool none_listed = keys == nullptr || (keys->shape == shape::list && keys->children.empty());
    if (none_listed) in.fault(*mode, "mode keys without a key: list one under auth.keys");
    return;
  }
  if (keys == nullptr || keys->children.empty()) return;
  if (mode == nullptr) in.fault(*keys, "keys without a mode: write auth.mode: keys");
  if (mode != nullptr) in.warn(*keys, "not used, and anyone may call: auth.mode is none");
}

}  // namespace

bool read_auth(const node* from, reading& in, settings& into) {
  bool mode_known = true;
  if (from == nullptr) return mode_known;
  read_map(*from, in, "settings", [&](map_reader& map) {
    const node* mode = map.take("mode");
    const auto value = mode != nullptr ? read_mode(*mode, in) : std::nullopt;
    into.auth = value.value_or(auth_mode::none);
    map.set("allow_insecure", into.allow_insecure, read_flag);
    const node* keys = map.take("keys");
    key_reader reader(in);
    if (keys != nullptr && expect_list(*keys, in, "keys")) {
      for (const node& item : keys->children) into.keys.push_back(reader.read(item));
    }
    mode_known = mode == nullptr || value.has_value();
    if (mode_known) check_mode(mode, keys, in, into);
  });
  return mode_known;
}

// Without keys, anybody who reaches the port spends the operator's money and sends what they like.
void check_exposure(const node& root, reading& in, const settings& read) {
  const node* listeners = root.find("listen");
  if (read.auth != auth_mode::none || read.allow_insecure) return;
  if (listeners == nullptr || listeners->shape != shape::list) return;  // the default is loopback
  for (std::size_t i = 0; i < listeners->children.size(); ++i) {
    const std::string& address = read.listen[i].address;
    if (is_loopback(address)) continue;
    const node& item = listeners->children[i];
    const node* at = item.find("address");
    in.fault(at != nullptr ? *at : item,
             "no loopback address, and auth.mode is none: write auth.mode: keys with a key, "
             "or auth.allow_insecure: true");
  }
}

}  // namespace phigate::config
