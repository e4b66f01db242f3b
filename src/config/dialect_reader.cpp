// What an endpoint or a model has of its own in time-outs and in the request's fields (spec §11).
#include <algorithm>
#include <array>
#include <set>

#include "config/json_scalar.hpp"
#include "config/registry_reader.hpp"

namespace phigate::config {
namespace {

using namespace std::chrono_literals;

// Fields that the gateway itself reads or writes: changed by a dialect, they would no longer say what was routed.
constexpr std::array<std::string_view, 7> gateway_fields{"model", "messages", "input",   "stream",
                                                         "file",  "document", "provider"};
// Fields by which a route is chosen or the answer's form is known: what the client left out was decided by then.
constexpr std::array<std::string_view, 6> settled_fields{"response_format", "stream_format",   "stream_options",
                                                         "voice",           "encoding_format", "dimensions"};

bool is_gateway_field(std::string_view field) {
  return std::ranges::find(gateway_fields, field) != gateway_fields.end();
}

void check_field(const node& at, reading& in, std::string_view field) {
  if (!is_gateway_field(field)) return;
  in.fault(at, in_quotes(field) + " is the gateway's own: a dialect leaves it as it is");
}

void read_renames(const node& from, reading& in, core::request_dialect& into) {
  if (!expect_map(from, in, "names")) return;
  std::set<std::string> targets;
  for (const node& entry : from.children) {
    check_field(entry, in, entry.key);
    auto name = read_word(entry, in);
    if (!name) continue;
    if (*name != entry.key) check_field(entry, in, *name);
    if (*name == entry.key) in.fault(entry, "renamed to itself");
    if (!targets.insert(*name).second) in.fault(entry, "another field is renamed to this already");
    into.rename.emplace_back(entry.key, *std::move(name));
  }
}

void read_drops(const node& from, reading& in, core::request_dialect& into) {
  into.drop = read_list(from, in, "fields", [&](const node& item, reading& at) {
    auto field = read_text(item, at);
    if (!field) return field;
    check_field(item, at, *field);
    const bool renamed = std::ranges::any_of(into.rename, [&](const auto& pair) { return pair.first == *field; });
    if (renamed) at.fault(item, in_quotes(item.scalar) + " is renamed as well");
    return field;
  });
}

bool is_settled_field(std::string_view field) {
  return std::ranges::find(settled_fields, field) != settled_fields.end();
}

void read_defaults(const node& from, reading& in, core::request_dialect& into) {
  if (!expect_map(from, in, "fields")) return;
  if (from.children.empty()) in.fault(from, "an empty map: leave the key out, or name at least one");
  for (const node& entry : from.children) {
    check_field(entry, in, entry.key);
    if (!is_word(entry.key)) in.fault(entry, "a field's name is letters, digits, . _ -, 64 at most");
    if (is_settled_field(entry.key)) {
      in.fault(entry,
               in_quotes(entry.key) + " is settled before a route is chosen: it has no default of a route's own");
    }
    if (std::ranges::find(into.drop, entry.key) != into.drop.end()) {
      in.fault(entry, in_quotes(entry.key) + " is dropped as well");
    }
    if (auto value = read_json_scalar(entry, in)) into.defaults.emplace_back(entry.key, *std::move(value));
  }
}

}  // namespace

core::timeout_overrides read_timeout_overrides(const node& from, reading& in) {
  core::timeout_overrides out;
  const auto bound = [](const node& value, reading& at) { return read_duration(value, at, 1ms, 24h); };
  read_map(from, in, "time-outs", [&](map_reader& map) {
    map.set("connect", out.connect, bound);
    map.set("first_byte", out.first_byte, bound);
    map.set("first_token", out.first_token, bound);
    map.set("idle", out.idle, bound);
    map.set("total", out.total, bound);
    map.set("stream", out.stream, bound);
  });
  return out;
}

core::request_dialect read_dialect(const node& from, reading& in, const core::protocol* protocol) {
  core::request_dialect out;
  if (protocol != nullptr && !protocol->passes_fields) {
    in.fault(from, "the protocol " + std::string(protocol->name) +
                       " writes requests of its own: nothing can be renamed, dropped or added, leave it out");
    return out;
  }
  read_map(from, in, "rename, drop and default", [&](map_reader& map) {
    if (const node* renames = map.take("rename")) read_renames(*renames, in, out);
    if (const node* drops = map.take("drop")) read_drops(*drops, in, out);
    if (const node* defaults = map.take("default")) read_defaults(*defaults, in, out);
  });
  return out;
}

}  // namespace phigate::config
