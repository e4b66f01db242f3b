#include "codec/embeddings_body.hpp"

#include <limits>
#include <string>

#include "codec/top_level.hpp"

namespace phigate::codec {
namespace {

// The estimate divides bytes by four to get tokens; a token that comes as a number is already one.
constexpr std::int64_t bytes_per_token = 4;

class embeddings_reader {
 public:
  embeddings_reader(json_cursor& cursor, request_facts& facts, fault_keeper& faults)
      : cursor_(cursor), facts_(facts), faults_(faults) {}

  void read_member(std::string_view key) {
    if (key == "input") {
      has_input_ = true;
      read_input();
    } else if (key == "encoding_format") {
      read_encoding();
    } else if (key == "dimensions") {
      read_dimensions();
    }
  }
  [[nodiscard]] bool has_input() const { return has_input_; }

 private:
  void read_input();
  void read_texts();
  template <typename Path>
  void read_tokens(Path path);
  void read_token_lists();
  void read_encoding();
  void read_dimensions();

  json_cursor& cursor_;
  request_facts& facts_;
  fault_keeper& faults_;
  bool has_input_ = false;
};

void embeddings_reader::read_input() {
  json_cursor whole = cursor_;
  facts_.estimate_bytes += string_bytes(whole.raw());
  if (cursor_.kind() == json_kind::string) {
    if (cursor_.string().raw().empty()) faults_.invalid("input", "\"input\" must not be empty.");
    return;
  }
  switch (cursor_.first_element()) {
    case json_kind::string:
      return read_texts();
    case json_kind::number:
      return read_tokens([] { return "input"; });
    case json_kind::array:
      return read_token_lists();
    default:
      faults_.invalid(
          "input", "\"input\" must be a string, or an array of strings, of tokens or of arrays of tokens; not empty.");
  }
}

void embeddings_reader::read_texts() {
  cursor_.elements([&](std::size_t index) {
    if (cursor_.kind() == json_kind::string) return;
    faults_.invalid([&] { return fault_text{element_path("input", index), "This must be a string."}; });
  });
}

template <typename Path>
void embeddings_reader::read_tokens(Path path) {
  cursor_.elements([&](std::size_t index) {
    const auto token = cursor_.integer();
    facts_.estimate_bytes += bytes_per_token;
    if (token && *token >= 0) return;
    faults_.invalid(
        [&] { return fault_text{element_path(path(), index), "This must be a token: an integer, not negative."}; });
  });
}

void embeddings_reader::read_token_lists() {
  cursor_.elements([&](std::size_t index) {
    const auto path = [&] { return element_path("input", index); };
    if (cursor_.first_element() == json_kind::number) return read_tokens(path);
    faults_.invalid([&] { return fault_text{path(), "This must be an array of tokens, not empty."}; });
  });
}

void embeddings_reader::read_encoding() {
  if (cursor_.kind() == json_kind::null) return;
  if (cursor_.kind() == json_kind::string) {
    const json_string name = cursor_.string();
    if (name == "float") facts_.encoding = encoding_format::floats;
    if (name == "base64") facts_.encoding = encoding_format::base64;
  }
  if (facts_.encoding == encoding_format::absent) {
    faults_.invalid("encoding_format", "\"encoding_format\" must be \"float\" or \"base64\".");
  }
}

void embeddings_reader::read_dimensions() {
  if (cursor_.kind() == json_kind::null) return;
  const auto dimensions = cursor_.integer();
  if (!dimensions || *dimensions < 1 || *dimensions > std::numeric_limits<std::uint32_t>::max()) {
    faults_.invalid("dimensions", "\"dimensions\" must be a positive integer.");
    return;
  }
  facts_.dimensions = static_cast<std::uint32_t>(*dimensions);
}

}  // namespace

bool read_embeddings_members(json_cursor& cursor, std::string_view body, request_facts& facts, fault_keeper& faults) {
  facts.modality = core::modality::embeddings;
  embeddings_reader reader(cursor, facts, faults);
  read_top_level(cursor, body, {}, facts, faults, [&](std::string_view key) { reader.read_member(key); });
  require_model(facts, faults);
  return reader.has_input();
}

void read_embeddings_body(json_cursor& cursor, std::string_view body, request_facts& facts, fault_keeper& faults) {
  const bool has_input = read_embeddings_members(cursor, body, facts, faults);
  if (!has_input) faults.invalid("input", "\"input\" is missing.");
}

}  // namespace phigate::codec
