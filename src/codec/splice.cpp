#include "phigate/codec/splice.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "codec/json_cursor.hpp"
#include "codec/top_level.hpp"

namespace phigate::codec {
namespace {

using pairs = body_edits::pairs;

const std::string* find(const pairs& list, std::string_view key) {
  const auto found = std::ranges::find(list, key, &pairs::value_type::first);
  return found == list.end() ? nullptr : &found->second;
}

// Decides what becomes of each member. Edits name keys as the client does, so that one edit's outcome is never
// another's input.
class edit_plan {
 public:
  edit_plan(const request_facts& facts, const body_edits& edits) : facts_(facts), edits_(edits) {
    for (const auto& [key, name] : edits.rename) {
      if (key != name && has(key) && !dropped(key)) taken_.emplace_back(name, key);
    }
  }

  [[nodiscard]] const std::string* new_value(std::string_view key) const { return find(edits_.replace, key); }

  // Nothing: the key keeps its name.
  [[nodiscard]] const std::string* new_name(std::string_view key) const {
    const std::string* name = find(edits_.rename, key);
    return name != nullptr && *name != key ? name : nullptr;
  }

  [[nodiscard]] bool keeps(std::string_view key) const {
    if (dropped(key)) return false;
    const std::string* name = new_name(key);
    if (name == nullptr) return true;
    const bool present = has(*name) && !dropped(*name) && new_name(*name) == nullptr;
    return !present && find(taken_, *name) != nullptr && *find(taken_, *name) == key;
  }

  [[nodiscard]] bool adds(std::string_view key) const { return !in_body(key) && keeps(key); }

 private:
  [[nodiscard]] bool in_body(std::string_view key) const {
    return std::ranges::find(facts_.members, key, &member::key) != facts_.members.end();
  }
  [[nodiscard]] bool has(std::string_view key) const { return in_body(key) || new_value(key) != nullptr; }
  [[nodiscard]] bool dropped(std::string_view key) const {
    return std::ranges::find(edits_.drop, key) != edits_.drop.end();
  }

  const request_facts& facts_;
  const body_edits& edits_;
  pairs taken_;  // new name → the first key that takes it
};

// Joins what is adjacent in the body, so that an untouched run is one piece.
class gather {
 public:
  explicit gather(std::string_view body) : body_(body) {}

  void keep(std::size_t begin, std::size_t end) {
    if (begin == end) return;
    if (run_end_ != begin) {
      flush();
      run_begin_ = begin;
    }
    run_end_ = end;
  }

  void write(std::string text) {
    flush();
    push(out_.owned.emplace_back(std::move(text)));
  }

  spliced_body finish() {
    flush();
    return std::move(out_);
  }

 private:
  void flush() {
    if (run_begin_ != run_end_) push(body_.substr(run_begin_, run_end_ - run_begin_));
    run_begin_ = run_end_ = nowhere;
  }

  void push(std::string_view piece) {
    out_.pieces.push_back(piece);
    out_.size += piece.size();
  }

  static constexpr std::size_t nowhere = std::string_view::npos;

  std::string_view body_;
  spliced_body out_;
  std::size_t run_begin_ = nowhere;
  std::size_t run_end_ = nowhere;
};

void write_member(gather& out, const member& m, const edit_plan& plan) {
  if (const std::string* name = plan.new_name(m.key)) {
    out.write(quote(*name));
  } else {
    out.keep(m.key_begin, m.key_end);
  }
  out.keep(m.key_end, m.value_begin);
  if (const std::string* value = plan.new_value(m.key)) {
    out.write(*value);
  } else {
    out.keep(m.value_begin, m.value_end);
  }
}

}  // namespace

std::string spliced_body::text() const {
  std::string whole;
  whole.reserve(size);
  for (const std::string_view piece : pieces) whole += piece;
  return whole;
}

spliced_body splice(std::string_view body, const request_facts& facts, const body_edits& edits) {
  const edit_plan plan(facts, edits);
  gather out(body);
  const bool had_members = !facts.members.empty();
  out.keep(0, had_members ? facts.members.front().key_begin : facts.body_end);

  bool first = true;
  std::size_t before =
      0;  // where the previous member ends, kept or not: the separator that follows it leads to this one
  for (const member& m : facts.members) {
    if (plan.keeps(m.key)) {
      if (!first) out.keep(before, m.key_begin);
      write_member(out, m, plan);
      first = false;
    }
    before = m.value_end;
  }
  for (const auto& [key, value] : edits.replace) {
    const bool repeated = plan.new_value(key) != &value;
    if (repeated || !plan.adds(key)) continue;
    const std::string* name = plan.new_name(key);
    out.write((first ? "" : ",") + quote(name != nullptr ? *name : key) + ":" + value);
    first = false;
  }
  out.keep(had_members ? facts.members.back().value_end : facts.body_end, body.size());
  return out.finish();
}

std::string quote(std::string_view value) {
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string with_usage(std::string_view stream_options) {
  request_facts facts;
  json_cursor cursor(stream_options);
  if (cursor.kind() != json_kind::object) return R"({"include_usage":true})";
  cursor.members([&](json_string key) {
    member found = locate(stream_options, key.text(), key.raw(), cursor);
    cursor.skip();
    found.value_end = cursor.offset();
    facts.members.push_back(std::move(found));
  });
  facts.body_end = cursor.offset() - 1;
  return splice(stream_options, facts, {.replace = {{"include_usage", "true"}}}).text();
}

}  // namespace phigate::codec
