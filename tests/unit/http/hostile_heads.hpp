// Generators of request heads: sound ones, and sound ones with a few hostile changes.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <sstream>
#include <string>
#include <vector>

namespace phigate::http::testing {

inline rc::Gen<std::string> request_lines() {
  return rc::gen::elementOf(std::vector<std::string>{
      "POST /v1/chat/completions HTTP/1.1", "GET /v1/models?x=1 HTTP/1.1", "POST /v1/ocr HTTP/1.0", "HEAD / HTTP/1.1",
      "OPTIONS /v1/embeddings HTTP/1.1", "DELETE /a%20b HTTP/1.0"});
}

inline rc::Gen<std::string> sound_fields() {
  return rc::gen::elementOf(std::vector<std::string>{
      "Content-Type: application/json", "User-Agent: \xc3\xa9 x/1", "Accept: */*", "X-PHI: true", "x-region:CH  ",
      "Connection: close", "Connection: keep-alive", "Empty:", "Cookie: a=b\t; c=d", "X-Stainless-Lang: js"});
}

inline rc::Gen<std::string> hostile_fields() {
  return rc::gen::elementOf(std::vector<std::string>{"Content-Length: 3",
                                                     "Content-Length: 4",
                                                     "content-length: 0",
                                                     "Content-Length: +3",
                                                     "Content-Length: 3, 3",
                                                     "Content_Length: 3",
                                                     "Transfer-Encoding: chunked",
                                                     "transfer-encoding: CHUNKED",
                                                     "Transfer-Encoding: gzip",
                                                     "Transfer-Encoding: gzip, chunked",
                                                     "Transfer-Encoding: identity",
                                                     "Transfer-Encoding:\tchunked",
                                                     "Transfer-Encoding : chunked",
                                                     " Transfer-Encoding: chunked",
                                                     "Transfer_Encoding: chunked",
                                                     "Host: other",
                                                     "Host:",
                                                     "X_PHI: false",
                                                     "Expect: 100-continue",
                                                     "Expect: x",
                                                     "Connection: transfer-encoding",
                                                     "A: b\n\n",
                                                     "\rA: b"});
}

// The framing that ordinary clients send, or none.
inline rc::Gen<std::string> framing_fields() {
  return rc::gen::elementOf(std::vector<std::string>{"", "", "Content-Length: 3\r\n", "Content-Length: 0\r\n",
                                                     "Transfer-Encoding: chunked\r\n"});
}

inline std::string sound_head() {
  std::string head = *request_lines() + "\r\nHost: localhost:8080\r\n";
  for (const auto& line : *rc::gen::resize(12, rc::gen::container<std::vector<std::string>>(sound_fields())))
    head += line + "\r\n";
  return head + *framing_fields() + "\r\n";
}

inline std::string hostile_head() {
  std::string head = sound_head();
  const auto changes = *rc::gen::inRange(0, 5);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, head.size());
    const char byte = *rc::gen::element('\r', '\n', '\0', ' ', '\t', ':', ',', ';', '_', '-', '/', '.', '%', '#',
                                        '\x0b', '\x7f', '\xa0', '\xff', '0', 'c', 'C');
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
        head.insert(at, 1, byte);
        break;
      case 1:
        head[at] = byte;
        break;
      case 2:
        head.erase(at, 1);
        break;
      default: {
        const auto line_end = head.find("\r\n", at);
        if (line_end != std::string::npos) head.insert(line_end + 2, *hostile_fields() + "\r\n");
      }
    }
    if (head.empty()) head = "\r\n";
  }
  return head;
}

// A property tried far more often than RapidCheck's 100 times: heads are cheap, and the rare one is what is looked for.
template <typename Property>
void check_often(Property&& property) {
  auto parameters = rc::detail::configuration().testParams;
  parameters.maxSuccess = 3000;
  const auto result =
      rc::detail::checkTestable(std::forward<Property>(property), rc::detail::TestMetadata{}, parameters);
  if (result.template is<rc::detail::SuccessResult>()) return;
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  ADD_FAILURE() << text.str();
}

}  // namespace phigate::http::testing
