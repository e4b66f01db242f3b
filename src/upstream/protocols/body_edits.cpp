#include "upstream/protocols/body_edits.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "phigate/codec/json.hpp"

namespace phigate::upstream {
namespace {

using pairs = codec::body_edits::pairs;
using entry = pairs::value_type;

const std::string* find(const pairs& list, std::string_view key) {
  const auto found = std::ranges::find(list, key, &entry::first);
  return found == list.end() ? nullptr : &found->second;
}

bool contains(const std::vector<std::string>& list, std::string_view key) {
  return std::ranges::find(list, key) != list.end();
}

std::string_view name_upstream(const codec::body_edits& edits, std::string_view key) {
  const std::string* name = find(edits.rename, key);
  return name == nullptr ? key : std::string_view(*name);
}

// Where several rename one key, the first counts.
void append(codec::body_edits& edits, const core::request_dialect& dialect) {
  edits.rename.insert(edits.rename.end(), dialect.rename.begin(), dialect.rename.end());
  edits.drop.insert(edits.drop.end(), dialect.drop.begin(), dialect.drop.end());
}

void append_protocols_own(codec::body_edits& edits, const call& request, const core::request_dialect& dialect) {
  const auto is_named = [&](std::string_view key) {
    return find(edits.rename, key) != nullptr || find(request.model.request.defaults, key) != nullptr ||
           find(request.endpoint.request.defaults, key) != nullptr;
  };
  for (const std::string& key : dialect.drop) {
    if (!is_named(key)) edits.drop.push_back(key);
  }
  edits.rename.insert(edits.rename.end(), dialect.rename.begin(), dialect.rename.end());
}

// A null that holds the name another member is to take.
void drop_nulls_in_the_way(codec::body_edits& edits, const codec::request_facts& facts) {
  for (const codec::member& m : facts.members) {
    if (m.is_null || contains(edits.drop, m.key)) continue;
    const std::string_view name = name_upstream(edits, m.key);
    if (name == m.key) continue;
    const bool is_null = std::ranges::any_of(
        facts.members, [&](const codec::member& other) { return other.is_null && other.key == name; });
    if (is_null) edits.drop.emplace_back(name);
  }
}

bool is_given(const codec::body_edits& edits, const codec::request_facts& facts, std::string_view name) {
  const auto by_client = [&](const codec::member& m) {
    return !m.is_null && name_upstream(edits, m.key) == name && !contains(edits.drop, m.key);
  };
  const auto by_edit = [&](const entry& value) { return name_upstream(edits, value.first) == name; };
  return std::ranges::any_of(facts.members, by_client) || std::ranges::any_of(edits.replace, by_edit);
}

void add_default(codec::body_edits& edits, const codec::request_facts& facts, const entry& preset) {
  const std::string_view name = name_upstream(edits, preset.first);
  if (is_given(edits, facts, name)) return;
  bool stands_in = false;
  for (const codec::member& m : facts.members) {
    if (!m.is_null || name_upstream(edits, m.key) != name) continue;
    edits.replace.emplace_back(m.key, preset.second);
    stands_in = true;
  }
  if (!stands_in) edits.replace.push_back(preset);
}

bool asks_for_usage(const call& request) {
  const codec::request_facts& facts = request.asked.facts;
  const bool is_completion = facts.modality == core::modality::chat || facts.modality == core::modality::vision;
  return is_completion && facts.stream && !facts.asks_for_usage && !request.model.has_feature("no_stream_usage");
}

// Two names of one field of a form: as `require_parameters` finds what a route drops (core::without_list_mark).
bool is_same_field(std::string_view left, std::string_view right) {
  return core::without_list_mark(left) == core::without_list_mark(right);
}

// What a form's field is called upstream; nothing when it is dropped.
std::optional<std::string> field_name(const codec::body_edits& edits, std::string_view name) {
  const std::string_view bare = core::without_list_mark(name);
  const auto is_this = [name](const std::string& dropped) { return is_same_field(dropped, name); };
  if (std::ranges::any_of(edits.drop, is_this)) return std::nullopt;
  if (const std::string* renamed = find(edits.rename, name)) return *renamed;
  if (const std::string* renamed = find(edits.rename, bare)) return *renamed + std::string(name.substr(bare.size()));
  return std::string(name);
}

// A default's JSON as a field's value; null is none.
std::optional<std::string> field_value(std::string_view json) {
  const auto document = codec::json_document::parse(json);
  if (document == nullptr || document->root().is_null()) return std::nullopt;
  return std::string(document->root().text().value_or(json));
}

bool has_field(const std::vector<form_field>& fields, std::string_view name) {
  return std::ranges::any_of(fields, [&](const form_field& field) { return is_same_field(field.first, name); });
}

std::array<const core::request_dialect*, 2> dialects_of(const call& request) {
  return {&request.model.request, &request.endpoint.request};
}

}  // namespace

codec::body_edits edits_for(const call& request, const core::request_dialect* protocols_own) {
  const codec::request_facts& facts = request.asked.facts;
  codec::body_edits edits;
  for (const core::request_dialect* dialect : dialects_of(request)) append(edits, *dialect);
  if (protocols_own != nullptr) append_protocols_own(edits, request, *protocols_own);
  if (!edits.rename.empty()) drop_nulls_in_the_way(edits, facts);
  if (!facts.provider.empty()) edits.drop.emplace_back("provider");
  edits.replace.emplace_back("model", codec::quote(request.model.upstream));
  if (asks_for_usage(request)) edits.replace.emplace_back("stream_options", codec::with_usage(facts.stream_options));
  for (const core::request_dialect* dialect : dialects_of(request)) {
    for (const entry& preset : dialect->defaults) add_default(edits, facts, preset);
  }
  return edits;
}

std::vector<form_field> fields_for(const call& request, const std::vector<form_field>& fields) {
  codec::body_edits edits;
  for (const core::request_dialect* dialect : dialects_of(request)) append(edits, *dialect);

  std::vector<form_field> out{{"model", request.model.upstream}};
  for (const auto& [name, value] : fields) {
    const auto upstream = field_name(edits, name);
    // As in a JSON body, a field that has the name already stays, and the renamed one is left out.
    const bool is_taken = upstream && *upstream != name && find(fields, *upstream) != nullptr;
    if (upstream && !is_taken) out.emplace_back(*upstream, value);
  }
  for (const core::request_dialect* dialect : dialects_of(request)) {
    for (const auto& [name, json] : dialect->defaults) {
      const auto upstream = field_name(edits, name);
      if (!upstream || has_field(out, *upstream)) continue;
      if (auto value = field_value(json)) out.emplace_back(*upstream, std::move(*value));
    }
  }
  return out;
}

}  // namespace phigate::upstream
