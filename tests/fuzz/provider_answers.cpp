// Every adapter in the table against answers that no provider should give.
//
// An input is a conversation's other side, to be read and written by people too: a line that names the request (see
// support/sample_calls.hpp; one that names none stands for some request), then one answer after the other, between
// them a byte 0xFF. An answer is a line `STATUS CONTENT-TYPE RETRY-AFTER OPERATION-LOCATION`, of which any may be
// missing, and a body.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "fuzz/support/require.hpp"
#include "fuzz/support/sample_calls.hpp"
#include "phigate/codec/json.hpp"
#include "support/padded_text.hpp"

namespace phigate::fuzz {
namespace {

constexpr char between_answers = '\xff';
constexpr int most_answers = 16;

std::string_view take_until(std::string_view& rest, char end) {
  const std::size_t at = std::min(rest.find(end), rest.size());
  const std::string_view front = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return front;
}

// Outside a field's value (RFC 9110 §5.5): the head's reader has refused them.
bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, is_control);
}

std::string field_value(std::string_view text) {
  std::string value(text);
  std::erase_if(value, is_control);
  return value;
}

const sample_call& call_named(std::string_view line) {
  const auto& calls = sample_calls();
  for (const auto& one : calls) {
    if (one->what() == line) return *one;
  }
  return *calls[std::hash<std::string_view>{}(line) % calls.size()];
}

struct answer {
  upstream::answer_head head;
  std::string_view body;
};

answer read_answer(std::string_view text) {
  std::string_view line = take_until(text, '\n');
  answer out;
  const std::string_view status = take_until(line, ' ');
  out.head.status = 200;
  std::from_chars(status.data(), status.data() + status.size(), out.head.status);
  if (out.head.status < 200 || out.head.status > 599) out.head.status = 200;
  out.head.content_type = field_value(take_until(line, ' '));
  const std::string_view wait = take_until(line, ' ');
  std::uint16_t seconds = 0;
  const auto read = std::from_chars(wait.data(), wait.data() + wait.size(), seconds);
  if (!wait.empty() && read.ec == std::errc()) out.head.retry_after = std::chrono::seconds(seconds);
  out.head.operation_location = field_value(line);
  out.body = text;
  return out;
}

// Complete lines, and nothing that could end one early.
void check_lines(std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    require(end != std::string_view::npos, "every header line ends in CRLF");
    require(end > 0 && !has_control(lines.substr(0, end)), "a header line has no control character");
    lines.remove_prefix(end + 2);
  }
}

void check_request(const upstream::wire_request& request) {
  require(!request.method.empty(), "a request has a method");
  require(request.target.starts_with('/'), "a target is an absolute path: the request stays at its endpoint");
  require(std::ranges::all_of(request.target, [](char c) { return c > 0x20 && c < 0x7f; }),
          "a target is visible ASCII");
  check_lines(request.header_lines);
  require(request.body.text().size() == request.body.size, "a body is as long as it says");
}

void check_answered(const upstream::answered& said) {
  require(!has_control(said.content_type), "the client's content type has no control character");
  require(said.relayed_bytes >= 0, "relayed bytes are not negative");
  if (said.usage.tokens) {
    require(said.usage.tokens->prompt >= 0 && said.usage.tokens->completion >= 0, "tokens are not negative");
  }
  require(said.usage.audio_milliseconds.value_or(0) >= 0, "a length is not negative");
  require(said.usage.pages.value_or(0) >= 0, "pages are not negative");
  if (said.body && said.content_type.starts_with("application/json")) {
    require(codec::json_document::parse(*said.body) != nullptr, "what the gateway writes as JSON is JSON");
  }
}

void check_failure(const core::attempt_failure& failure) {
  require(!has_control(failure.note), "a note is one line");
}

void check_step(const upstream::reply_step& step) {
  if (const auto* said = std::get_if<upstream::answered>(&step)) return check_answered(*said);
  if (const auto* failure = std::get_if<core::attempt_failure>(&step)) return check_failure(*failure);
  const auto& again = std::get<upstream::ask_again>(step);
  check_request(again.request);
  require(again.after >= std::chrono::milliseconds(0), "a wait is not negative");
}

// What the server's loop does with an answer; false: the conversation is over.
bool goes_on(const sample_call& about, upstream::conversation& talk, const answer& heard, bool is_first) {
  if (heard.head.status < 300) {
    if (is_first && talk.how() != upstream::delivery::whole) {
      if (const auto unfit = talk.check(heard.head)) check_failure(*unfit);
      return false;  // relayed: its bytes are another reader's
    }
    const test::padded_text body(heard.body);
    const upstream::reply_step step = talk.take(heard.head, body.view());
    check_step(step);
    return std::holds_alternative<upstream::ask_again>(step);
  }
  const upstream::refusal refused{heard.head.status, heard.body};
  const core::provider by{};
  check_failure(about.speaks().classify(refused, by));
  if (is_first) return false;
  const auto step = talk.excuse(refused, heard.head);
  if (!step) return false;
  check_step(*step);
  return std::holds_alternative<upstream::ask_again>(*step);
}

void check_farewell(const sample_call& about, const upstream::answer_head& began) {
  if (!about.speaks().takes_leave(core::data_class::phi)) return;
  if (const auto last = about.speaks().farewell(about.endpoint(), began)) check_request(*last);
}

void converse(std::string_view input) {
  const sample_call& about = call_named(take_until(input, '\n'));
  codec::response_reader responses;
  const auto talk = about.begin(responses);
  check_request(talk->first());
  bool is_first = true;
  for (int count = 0; count < most_answers && !input.empty(); ++count) {
    const answer heard = read_answer(take_until(input, between_answers));
    if (is_first && heard.head.status < 300) check_farewell(about, heard.head);
    if (!goes_on(about, *talk, heard, is_first)) break;
    is_first = false;
  }
}

}  // namespace
}  // namespace phigate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  phigate::fuzz::converse({reinterpret_cast<const char*>(data), size});
  return 0;
}
