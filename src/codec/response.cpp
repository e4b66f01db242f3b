#include "phigate/codec/response.hpp"

#include <algorithm>

#include "codec/json_cursor.hpp"
#include "codec/json_validator.hpp"
#include "codec/usage_block.hpp"

namespace phigate::codec {
namespace {

// A `delta` or a `message`, and what in it would be content for a client (spec §5).
struct output {
  bool has_content = false;
  std::int64_t bytes = 0;

  void add(std::size_t size) { bytes += static_cast<std::int64_t>(size); }
};

std::size_t string_size(json_cursor& cursor) {
  return cursor.string().size();
}

// Text, or parts that hold text.
void read_content(json_cursor& cursor, output& out) {
  if (cursor.kind() == json_kind::string) {
    const std::size_t size = string_size(cursor);
    out.has_content |= size > 0;
    out.add(size);
    return;
  }
  cursor.elements([&](std::size_t) {
    out.has_content = true;
    cursor.members([&](json_string key) {
      if (key == "text") out.add(string_size(cursor));
    });
  });
}

void read_function(json_cursor& cursor, output& out) {
  cursor.members([&](json_string key) {
    if (key == "arguments") out.add(string_size(cursor));
  });
}

void read_tool_calls(json_cursor& cursor, output& out) {
  const bool is_array = cursor.kind() == json_kind::array;
  out.has_content |= is_array ? cursor.first_element() != json_kind::none : cursor.kind() != json_kind::null;
  cursor.elements([&](std::size_t) {
    cursor.members([&](json_string key) {
      if (key == "function") read_function(cursor, out);
    });
  });
}

output read_output(json_cursor& cursor) {
  output out;
  // Some providers say the same thought under both names.
  std::size_t reasoning = 0;
  cursor.members([&](json_string key) {
    if (key == "content") {
      read_content(cursor, out);
    } else if (key == "reasoning" || key == "reasoning_content") {
      reasoning = std::max(reasoning, string_size(cursor));
    } else if (key == "refusal") {
      const std::size_t size = string_size(cursor);
      out.has_content |= size > 0;
      out.add(size);
    } else if (key == "tool_calls") {
      read_tool_calls(cursor, out);
    } else if (key == "function_call") {
      out.has_content |= cursor.kind() != json_kind::null;
      read_function(cursor, out);
    } else if (key == "audio") {
      out.has_content |= cursor.kind() != json_kind::null;
    }
  });
  out.has_content |= reasoning > 0;
  out.add(reasoning);
  return out;
}

bool is_error(const json_cursor& cursor) {
  return cursor.kind() == json_kind::object || cursor.kind() == json_kind::string;
}

struct choice {
  std::uint32_t index = 0;
  bool finished = false;
  bool in_error = false;  // so says its finish_reason
  output said;
};

// `position` stands in for an index that is missing or unsound.
choice read_choice(json_cursor& cursor, std::size_t position) {
  choice read;
  read.index = static_cast<std::uint32_t>(position);
  cursor.members([&](json_string key) {
    if (key == "index") {
      const auto index = cursor.integer();
      if (index && *index >= 0 && *index <= std::int64_t{UINT32_MAX}) read.index = static_cast<std::uint32_t>(*index);
    } else if (key == "delta" || key == "message") {
      const output part = read_output(cursor);
      read.said.has_content |= part.has_content;
      read.said.bytes += part.bytes;
    } else if (key == "finish_reason") {
      read.finished = cursor.kind() != json_kind::null;
      read.in_error = cursor.string() == "error";
    }
  });
  return read;
}

void note(std::vector<std::uint32_t>& indices, std::uint32_t index) {
  constexpr std::size_t most_choices = 128;  // OpenAI's largest `n`
  if (indices.size() < most_choices && std::ranges::find(indices, index) == indices.end()) indices.push_back(index);
}

void read_choices(json_cursor& cursor, chunk_facts& out) {
  cursor.elements([&](std::size_t position) {
    const choice read = read_choice(cursor, position);
    note(out.started, read.index);
    if (read.finished) note(out.finished, read.index);
    out.has_content |= read.said.has_content || read.finished;
    out.finishes_in_error |= read.in_error;
    out.relayed_bytes += read.said.bytes;
  });
}

void reset(chunk_facts& facts) {
  facts.has_content = facts.is_error = facts.finishes_in_error = facts.only_usage = false;
  facts.usage.reset();
  facts.relayed_bytes = 0;
  facts.started.clear();
  facts.finished.clear();
}

// Keys that every kind of answer has.
struct answer {
  std::optional<core::token_usage> usage;
  bool has_error = false;
  bool has_result = false;  // `choices` or `data`, not empty
};

void read_shared(json_string key, json_cursor& cursor, completion_count completion, answer& out) {
  if (key == "usage") {
    out.usage = read_usage(cursor, completion);
  } else if (key == "error") {
    out.has_error = is_error(cursor);
  } else if (key == "choices" || key == "data") {
    out.has_result = cursor.first_element() != json_kind::none;
  }
}

completion_facts conclude(const answer& read) {
  return {.usage = read.usage, .is_error = read.has_error && !read.has_result};
}

bool holds_floats(json_cursor& cursor) {
  bool floats = false;
  cursor.elements([&](std::size_t) {
    cursor.members([&](json_string key) { floats |= key == "embedding" && cursor.kind() == json_kind::array; });
  });
  return floats;
}

}  // namespace

struct response_reader::state {
  json_validator validator;

  // At the answer's object; nothing when the text is not one JSON object.
  std::optional<json_cursor> open(std::string_view text) {
    if (!validator.check(text)) return std::nullopt;
    json_cursor cursor(text);
    if (cursor.kind() != json_kind::object) return std::nullopt;
    return cursor;
  }
};

response_reader::response_reader() : state_(std::make_unique<state>()) {}
response_reader::~response_reader() = default;

std::optional<completion_facts> response_reader::read_completion(std::string_view body) {
  auto cursor = state_->open(body);
  if (!cursor) return std::nullopt;
  answer read;
  std::int64_t bytes = 0;
  bool in_error = false;
  cursor->members([&](json_string key) {
    read_shared(key, *cursor, completion_count::required, read);
    if (key != "choices") return;
    cursor->elements([&](std::size_t position) {
      const choice one = read_choice(*cursor, position);
      bytes += one.said.bytes;
      in_error |= one.in_error;
    });
  });
  completion_facts facts = conclude(read);
  facts.relayed_bytes = bytes;
  facts.finishes_in_error = in_error;
  return facts;
}

std::optional<completion_facts> response_reader::read_embeddings(std::string_view body) {
  auto cursor = state_->open(body);
  if (!cursor) return std::nullopt;
  answer read;
  bool floats = false;
  cursor->members([&](json_string key) {
    read_shared(key, *cursor, completion_count::optional, read);
    if (key == "data") floats = holds_floats(*cursor);
  });
  completion_facts facts = conclude(read);
  facts.float_embeddings = floats;
  return facts;
}

bool response_reader::read_chunk(std::string_view data, chunk_facts& out) {
  reset(out);
  auto cursor = state_->open(data);
  if (!cursor) return false;
  bool has_usage = false;
  bool empty_choices = false;
  cursor->members([&](json_string key) {
    if (key == "choices") {
      empty_choices = cursor->kind() == json_kind::array && cursor->first_element() == json_kind::none;
      read_choices(*cursor, out);
    } else if (key == "usage") {
      has_usage = cursor->kind() == json_kind::object;
      out.usage = read_usage(*cursor, completion_count::required);
    } else if (key == "error") {
      out.is_error = is_error(*cursor);
    }
  });
  out.only_usage = has_usage && empty_choices;
  return true;
}

}  // namespace phigate::codec
