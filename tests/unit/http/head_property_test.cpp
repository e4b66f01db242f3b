#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "feeding.hpp"
#include "hostile_heads.hpp"

namespace phigate::http {
namespace {

using testing::check_often;
using testing::find_in_pieces;
using testing::find_whole;
using testing::hostile_head;
using testing::parsed_request;
using testing::sound_head;

// A name as a forgiving reader might take it: without case, blanks, controls, bytes beyond ASCII, and `_` for `-`.
std::string forgiving(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 0x7f) plain += c == '_' ? '-' : static_cast<char>(std::tolower(byte));
  }
  return plain;
}

// Reads a head anew, splitting at any line break, and lists all values by forgiving name.
std::multimap<std::string, std::string> read_forgivingly(std::string_view head) {
  std::multimap<std::string, std::string> values;
  std::string line;
  for (const char c : head) {
    if (c != '\r' && c != '\n') {
      line += c;
      continue;
    }
    const auto colon = line.find(':');
    if (colon != std::string::npos) values.emplace(forgiving(line.substr(0, colon)), line.substr(colon + 1));
    line.clear();
  }
  return values;
}

std::string without_spaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

void assert_unambiguous(const std::string& bytes, const request_head& head) {
  const auto values = read_forgivingly(bytes);
  const auto lengths = values.count("content-length");
  const auto codings = values.count("transfer-encoding");
  RC_ASSERT(lengths + codings <= 1u);
  RC_ASSERT(values.count("host") == 1u || head.minor_version == 0);
  RC_ASSERT(values.count("expect") <= 1u);
  RC_ASSERT((head.framing == framing::chunked) == (codings == 1u));
  if (lengths == 1) {
    const auto stated = without_spaces(values.find("content-length")->second);
    RC_ASSERT(std::stoull(stated) == head.content_length);
    RC_ASSERT(stated.find_first_not_of("0123456789") == std::string::npos);
  }
  if (codings == 1) {
    RC_ASSERT(forgiving(values.find("transfer-encoding")->second) == "chunked");
    RC_ASSERT(head.minor_version == 1);
  }
  const bool bodiless = head.method == "GET" || head.method == "HEAD" || head.method == "DELETE";
  RC_ASSERT(!bodiless || head.framing == framing::none);
}

void assert_clean(const std::string& bytes, const request_head& head) {
  RC_ASSERT(std::ranges::count(bytes, '\r') == std::ranges::count(bytes, '\n'));
  RC_ASSERT(bytes.find('\0') == std::string::npos);
  RC_ASSERT(bytes.find("\n ") == std::string::npos);
  RC_ASSERT(bytes.find("\n\t") == std::string::npos);
  for (const auto& [name, value] : head.fields) {
    RC_ASSERT(!name.empty());
    RC_ASSERT(name.find_first_of(" \t:") == std::string_view::npos);
  }
  RC_ASSERT(head.target.starts_with('/'));
  RC_ASSERT(head.path.find("//") == std::string_view::npos);
  RC_ASSERT((std::string(head.path) + "/").find("/../") == std::string::npos);
  RC_ASSERT(head.target.find('#') == std::string_view::npos);
}

TEST(HostileHeads, AreFoundTheSameWholeAndByteByByte) {
  check_often([] {
    const auto bytes = hostile_head();
    RC_ASSERT(find_whole(bytes) == find_in_pieces(bytes, 0));
  });
}

TEST(HostileHeads, AreRefusedOrHoldNothingThatTwoPartiesCouldReadTwoWays) {
  int accepted = 0;
  check_often([&accepted] {
    const auto bytes = hostile_head();
    const auto found = find_whole(bytes);
    if (found.fault || found.size == 0) return;
    const parsed_request request(std::string_view(bytes).substr(found.skip, found.size));
    if (request.fault) return;
    ++accepted;
    assert_clean(request.bytes, request.head);
    assert_unambiguous(request.bytes, request.head);
  });
  EXPECT_GT(accepted, 300) << "too few to say anything";
}

RC_GTEST_PROP(HostileHeads, AnyBytesAtAllEndInAVerdict, (const std::string& bytes)) {
  RC_ASSERT(find_whole(bytes) == find_in_pieces(bytes, 0));
  const parsed_request request(bytes);
  RC_ASSERT(!request.fault || (request.fault->status >= 400 && !request.message.empty()));
  response_head response;
  RC_ASSERT(bytes.starts_with("HTTP/1.") || !parse_response_head(bytes, false, response));
}

RC_GTEST_PROP(SoundHeads, AreAcceptedUnlessTheirMethodOrVersionForbidsTheirBody, ()) {
  const auto bytes = sound_head();
  const auto found = find_whole(bytes);
  RC_ASSERT(!found.fault);
  RC_ASSERT(found.size == bytes.size());
  const parsed_request request(bytes);
  const bool chunked = bytes.find("chunked") != std::string::npos;
  const bool bodiless = !bytes.starts_with("POST") && !bytes.starts_with("OPTIONS");
  const bool has_body = chunked || bytes.find("Content-Length: 3") != std::string::npos;
  const bool twisted = (bodiless && has_body) || (chunked && bytes.find("HTTP/1.0") != std::string::npos);
  RC_ASSERT(request.fault.has_value() == twisted);
}

}  // namespace
}  // namespace phigate::http
