#include "codec/chat_body.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

#include "codec/top_level.hpp"

namespace phigate::codec {
namespace {

using namespace std::string_view_literals;

enum class part_class : std::uint8_t { text, image, feature, unknown };

part_class classify(std::string_view type) {
  static constexpr std::array text = {"text"sv, "refusal"sv};
  static constexpr std::array image = {"image_url"sv, "input_image"sv, "image"sv};
  // What a route must declare to be sent one: the word in its `features` is the type itself.
  static constexpr std::array feature = {"input_audio"sv, "audio_url"sv,  "video_url"sv,    "input_video"sv, "video"sv,
                                         "file"sv,        "input_file"sv, "document_url"sv, "thinking"sv};
  if (std::ranges::find(text, type) != text.end()) return part_class::text;
  if (std::ranges::find(image, type) != image.end()) return part_class::image;
  if (std::ranges::find(feature, type) != feature.end()) return part_class::feature;
  return part_class::unknown;
}

struct parameter {
  std::string_view key;
  std::string_view feature;
};

// Parameters that not every route obeys, each with the word for it; response_format depends on its type. Any route
// obeys the ordinary sampling parameters.
constexpr std::array parameters = {
    parameter{"tools", "tools"},
    parameter{"functions", "tools"},
    parameter{"logprobs", "logprobs"},
    parameter{"top_logprobs", "logprobs"},
    parameter{"reasoning", "reasoning"},
    parameter{"reasoning_effort", "reasoning"},
    parameter{"web_search_options", "web_search"},
    parameter{"audio", "audio"},
    parameter{"prediction", "prediction"},
};

// Whether the value at `cursor` asks for anything.
bool is_used(json_cursor cursor) {
  switch (cursor.kind()) {
    case json_kind::null:
      return false;
    case json_kind::array:
      return cursor.first_element() != json_kind::none;
    case json_kind::boolean:
      return cursor.is_true();
    default:
      return true;
  }
}

class chat_reader {
 public:
  chat_reader(json_cursor& cursor, request_facts& facts, fault_keeper& faults)
      : cursor_(cursor), facts_(facts), faults_(faults) {}

  void read_member(std::string_view key);
  [[nodiscard]] bool has_messages() const { return has_messages_; }

 private:
  void note_parameter(std::string_view key);
  void need_any(std::initializer_list<std::string_view> features);
  void read_stream();
  void read_stream_options();
  void read_messages();
  void read_message(std::size_t index);
  void read_content(std::size_t message);
  void read_part(std::size_t message, std::size_t index);
  void read_part_type(std::size_t message, std::size_t index);
  void read_tools();
  void read_tool(std::size_t index);
  void read_response_format();
  void need_format(json_string type);
  void read_named_object(std::string_view key);

  json_cursor& cursor_;
  request_facts& facts_;
  fault_keeper& faults_;
  bool has_messages_ = false;
};

std::string message_path(std::size_t index) {
  return element_path("messages", index);
}

std::string part_path(std::size_t message, std::size_t index) {
  return element_path(message_path(message) + ".content", index);
}

void chat_reader::read_member(std::string_view key) {
  note_parameter(key);
  if (key == "messages") {
    has_messages_ = true;
    read_messages();
  } else if (key == "stream") {
    read_stream();
  } else if (key == "stream_options") {
    read_stream_options();
  } else if (key == "tools") {
    read_tools();
  } else if (key == "response_format") {
    read_response_format();
  } else if (key == "reasoning") {
    read_named_object(key);
  }
}

void chat_reader::note_parameter(std::string_view key) {
  const auto* const found = std::ranges::find(parameters, key, &parameter::key);
  if (found != parameters.end() && is_used(cursor_)) need_any({found->feature});
}

void chat_reader::need_any(std::initializer_list<std::string_view> features) {
  const auto same = [&](const auto& entry) { return std::ranges::equal(entry, features); };
  if (std::ranges::none_of(facts_.parameters, same)) facts_.parameters.emplace_back(features.begin(), features.end());
}

void chat_reader::read_stream() {
  if (cursor_.kind() == json_kind::boolean) {
    facts_.stream = cursor_.is_true();
  } else if (cursor_.kind() != json_kind::null) {
    faults_.invalid("stream", "\"stream\" must be true or false.");
  }
}

void chat_reader::read_stream_options() {
  if (cursor_.kind() == json_kind::null) return;
  if (cursor_.kind() != json_kind::object) {
    faults_.invalid("stream_options", "\"stream_options\" must be an object.");
    return;
  }
  json_cursor whole = cursor_;
  read_object(
      cursor_, faults_, [] { return "stream_options"sv; },
      [&](const key_ledger::entry& key) {
        if (key.name != "include_usage" || cursor_.kind() == json_kind::null) return;
        if (cursor_.kind() != json_kind::boolean) {
          faults_.invalid("stream_options.include_usage", "\"include_usage\" must be true or false.");
          return;
        }
        facts_.asks_for_usage = cursor_.is_true();
      });
  facts_.stream_options = whole.raw();
}

void chat_reader::read_messages() {
  if (cursor_.kind() != json_kind::array) {
    faults_.invalid("messages", "\"messages\" must be an array of messages.");
    return;
  }
  if (cursor_.first_element() == json_kind::none) {
    faults_.invalid("messages", "\"messages\" must hold at least one message.");
  }
  json_cursor whole = cursor_;
  cursor_.elements([&](std::size_t index) { read_message(index); });
  facts_.estimate_bytes += string_bytes(whole.raw());
}

void chat_reader::read_message(std::size_t index) {
  if (cursor_.kind() != json_kind::object) {
    faults_.invalid([&] { return fault_text{message_path(index), "A message must be an object."}; });
    return;
  }
  read_object(
      cursor_, faults_, [&] { return message_path(index); },
      [&](const key_ledger::entry& key) {
        if (key.name == "content") {
          read_content(index);
        } else if (key.name == "audio" && cursor_.kind() == json_kind::object) {
          // An earlier answer's audio, by the id under which the provider keeps it.
          note_retained(facts_, [&] { return message_path(index) + ".audio"; });
        }
      });
}

void chat_reader::read_content(std::size_t message) {
  switch (cursor_.kind()) {
    case json_kind::string:
    case json_kind::null:
      return;
    case json_kind::array:
      cursor_.elements([&](std::size_t index) { read_part(message, index); });
      return;
    default:
      faults_.invalid([&] {
        return fault_text{message_path(message) + ".content", "Content must be a string or an array of parts."};
      });
  }
}

void chat_reader::read_part(std::size_t message, std::size_t index) {
  const auto path = [&] { return part_path(message, index); };
  if (cursor_.kind() != json_kind::object) {
    faults_.invalid([&] { return fault_text{path(), "A content part must be an object."}; });
    return;
  }
  bool has_type = false;
  read_object(cursor_, faults_, path, [&](const key_ledger::entry& key) {
    const auto inner_path = [&] { return member_path(path(), key.name); };
    if (key.name == "type") {
      has_type = true;
      read_part_type(message, index);
    } else if (key.name == "file_id") {
      if (cursor_.kind() != json_kind::null) note_retained(facts_, inner_path);
    } else if (cursor_.kind() == json_kind::object) {
      read_object(cursor_, faults_, inner_path, [&](const key_ledger::entry& inner) {
        if (inner.name != "file_id" || cursor_.kind() == json_kind::null) return;
        note_retained(facts_, [&] { return member_path(inner_path(), inner.name); });
      });
    }
  });
  if (!has_type) faults_.invalid([&] { return fault_text{path() + ".type", "A content part needs a type."}; });
}

void chat_reader::read_part_type(std::size_t message, std::size_t index) {
  const auto path = [&] { return part_path(message, index) + ".type"; };
  if (cursor_.kind() != json_kind::string) {
    faults_.invalid([&] { return fault_text{path(), "A content part's type must be a string."}; });
    return;
  }
  const std::string type = cursor_.string().text();
  switch (classify(type)) {
    case part_class::text:
      return;
    case part_class::image:
      facts_.modality = core::modality::vision;
      return;
    case part_class::feature:
      if (std::ranges::find(facts_.required_features, type) == facts_.required_features.end()) {
        facts_.required_features.push_back(type);
      }
      return;
    case part_class::unknown:
      faults_.invalid([&] { return fault_text{path(), shown(type) + " is no type of content part known here."}; });
  }
}

void chat_reader::read_tools() {
  json_cursor whole = cursor_;
  facts_.estimate_bytes += string_bytes(whole.raw());
  if (cursor_.kind() == json_kind::array) {
    cursor_.elements([&](std::size_t index) { read_tool(index); });
  } else if (cursor_.kind() != json_kind::null) {
    note_retained(facts_, [] { return "tools"; });
  }
}

// A tool that cannot be told to be a function might be one that the provider runs itself.
void chat_reader::read_tool(std::size_t index) {
  const auto path = [&] { return element_path("tools", index); };
  bool is_function = false;
  read_object(cursor_, faults_, path, [&](const key_ledger::entry& key) {
    if (key.name == "type") {
      is_function = cursor_.kind() == json_kind::string && cursor_.string() == "function";
    } else if (key.name == "function") {
      read_object(cursor_, faults_, [&] { return path() + ".function"; }, [](const key_ledger::entry&) {});
    }
  });
  if (!is_function) note_retained(facts_, [&] { return path() + ".type"; });
}

void chat_reader::read_response_format() {
  read_object(
      cursor_, faults_, [] { return "response_format"sv; },
      [&](const key_ledger::entry& key) {
        if (key.name == "type" && cursor_.kind() == json_kind::string) need_format(cursor_.string());
      });
}

// A route that keeps to a schema can keep to JSON. A format that has no word of its own needs one that nobody declares
// by chance.
void chat_reader::need_format(json_string type) {
  if (type == "text") return;
  if (type == "json_schema") return need_any({"json_schema"});
  if (type == "json_object") return need_any({"json_object", "json_schema"});
  need_any({"response_format"});
}

void chat_reader::read_named_object(std::string_view key) {
  read_object(cursor_, faults_, [&] { return key; }, [](const key_ledger::entry&) {});
}

}  // namespace

bool read_chat_members(json_cursor& cursor, std::string_view body, request_facts& facts, fault_keeper& faults) {
  facts.modality = core::modality::chat;
  chat_reader reader(cursor, facts, faults);
  read_top_level(cursor, body, {}, facts, faults, [&](std::string_view key) { reader.read_member(key); });
  require_model(facts, faults);
  return reader.has_messages();
}

void read_chat_body(json_cursor& cursor, std::string_view body, request_facts& facts, fault_keeper& faults) {
  const bool has_messages = read_chat_members(cursor, body, facts, faults);
  if (!has_messages) faults.invalid("messages", "\"messages\" is missing.");
}

}  // namespace phigate::codec
