// Telling a transcript as a provider wrote it from whatever else it may have sent.
#include <string_view>

#include "codec/utf8.hpp"
#include "phigate/codec/blanks.hpp"
#include "phigate/codec/json.hpp"
#include "phigate/codec/transcript.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::codec {
namespace {

bool is_json_object(std::string_view text) {
  const auto document = json_document::parse(text);
  return document != nullptr && document->root().is_object();
}

// A proxy's error page: nobody speaks so.
bool is_markup(std::string_view text) {
  const std::string_view shown = trimmed(text);
  return core::ascii::starts_with_ignoring_case(shown, "<!doctype") ||
         core::ascii::starts_with_ignoring_case(shown, "<html") ||
         core::ascii::starts_with_ignoring_case(shown, "<?xml");
}

}  // namespace

bool is_written_in(transcript_format format, std::string_view body) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (format == transcript_format::json || format == transcript_format::verbose_json) return is_json_object(body);
  if (!is_utf8(body)) return false;
  if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
  if (format == transcript_format::vtt) return body.starts_with("WEBVTT");
  if (is_markup(body)) return false;
  if (format == transcript_format::srt) return trimmed(body).empty() || body.contains(" --> ");
  // A provider that doesn't know response_format answers with JSON whatever was asked for.
  return !is_json_object(body);
}

}  // namespace phigate::codec
