// A transcription's form. The first line is the Content-Type, the rest is the body; the verdict is the same however
// the body arrives, and what a form is taken for is what stands in it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support/require.hpp"
#include "phigate/codec/multipart.hpp"
#include "phigate/codec/request.hpp"
#include "support/padded_text.hpp"

namespace phigate::fuzz {
namespace {

struct verdict {
  std::string refusal;  // empty: none
  bool complete = false;
  std::vector<codec::form_part> parts;
};

verdict judge(const std::string& boundary, std::string_view body, std::size_t step) {
  bool has_file = false;
  codec::multipart_reader reader(boundary, [&has_file](const codec::part_head& part) {
    auto refused = codec::admit_transcription_part(part, has_file);
    has_file = has_file || part.filename.has_value();
    return refused;
  });
  verdict out;
  for (std::size_t arrived = 0; arrived < body.size();) {
    arrived = std::min(body.size(), arrived + step);
    if (const auto advanced = reader.advance(body.substr(0, arrived)); !advanced) {
      out.refusal = advanced.error().message;
      require(!out.refusal.empty(), "a refusal says why");
      return out;
    }
  }
  out.complete = reader.is_complete();
  if (out.complete) out.parts = reader.parts(body);
  return out;
}

bool is_same(const codec::form_part& one, const codec::form_part& other) {
  return one.head.name == other.head.name && one.head.filename == other.head.filename &&
         one.head.content_type == other.head.content_type && one.value == other.value;
}

void check(std::string_view content_type, std::string_view text) {
  const auto boundary = codec::boundary_of(content_type);
  if (!boundary) return;
  const test::padded_text padded(text);
  const std::string_view body = padded.view();
  const verdict whole = judge(*boundary, body, body.size());
  for (const std::size_t step : {std::size_t{1}, std::size_t{5}}) {
    const verdict pieces = judge(*boundary, body, step);
    require(pieces.refusal == whole.refusal && pieces.complete == whole.complete, "the verdict is that of the whole");
    require(std::ranges::equal(pieces.parts, whole.parts, is_same), "the parts are those of the whole");
  }
  if (!whole.complete) return;
  for (const codec::form_part& part : whole.parts) {
    require(part.value.find("--" + *boundary) == std::string_view::npos,
            "no part holds what another reader could take for a delimiter");
  }
  codec::request_reader reader;
  const auto asked = reader.read_transcription(whole.parts, body);
  require(asked || !asked.error().message.empty(), "a refusal says why");
}

}  // namespace
}  // namespace phigate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  if (line != std::string_view::npos) phigate::fuzz::check(input.substr(0, line), input.substr(line + 1));
  return 0;
}
