#include "upstream/protocols/analysis_request.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <vector>

#include "phigate/codec/json.hpp"
#include "phigate/core/ascii.hpp"
#include "upstream/protocols/parts.hpp"

namespace phigate::upstream {
namespace {

constexpr std::string_view models_path = "/documentintelligence/documentModels/";

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// "pdf" of https://host/a/b.PDF?x=y; empty when its path ends in none.
std::string extension_of(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = url.find("://");
  const std::size_t path = scheme == std::string_view::npos ? scheme : url.find('/', scheme + 3);
  if (path == std::string_view::npos) return {};
  const std::string_view file = url.substr(url.rfind('/'));
  const std::size_t dot = file.rfind('.');
  return dot == std::string_view::npos ? std::string() : core::ascii::to_lower(file.substr(dot + 1));
}

// PDF and TIFF have pages to choose from. Office documents and HTML are refused with any, and a picture is one page; an
// unnamed document is most likely a PDF.
bool takes_pages(const codec::document_request& asked) {
  if (asked.url.empty()) {
    return is_one_of(asked.media_type, {"application/pdf", "image/tiff", "application/octet-stream", ""});
  }
  const std::string extension = extension_of(asked.url);
  if (asked.what == codec::document_request::kind::image) return is_one_of(extension, {"tif", "tiff", "pdf"});
  return !is_one_of(extension, {"docx", "xlsx", "pptx", "html", "htm", "jpg", "jpeg", "png", "bmp", "heif", "heic"});
}

// "1-3,5": counted from 1, merged. 6 KiB at most, by the bounds on a client's `pages`: a request line holds them.
std::string page_ranges(const std::vector<std::uint32_t>& pages) {
  const auto range = [](std::uint64_t first, std::uint64_t last) {
    std::string text = std::to_string(first + 1);
    if (last > first) text += '-' + std::to_string(last + 1);
    return text;
  };
  std::string out;
  for (std::size_t at = 0; at < pages.size();) {
    const std::uint64_t first = pages[at];
    std::uint64_t last = first;
    while (at < pages.size() && pages[at] <= last + 1) last = pages[at++];
    if (!out.empty()) out += ',';
    out += range(first, last);
  }
  return out;
}

std::string_view version_of(const core::endpoint& endpoint) {
  return endpoint.api_version.empty() ? std::string_view("2024-11-30") : std::string_view(endpoint.api_version);
}

// One path segment, spelt so that it can mean nothing else.
bool is_plain_segment(std::string_view text) {
  const auto is_plain = [](char c) {
    return core::ascii::is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '~';
  };
  return !text.empty() && text.size() <= 128 && text != "." && text != ".." && std::ranges::all_of(text, is_plain);
}

}  // namespace

std::string analyze_target(const core::endpoint& endpoint, const core::hosted_model& model,
                           const codec::document_request& asked) {
  std::string target = endpoint.url.prefix;
  target += models_path;
  target += percent_encoded(model.upstream);
  target += ":analyze?api-version=";
  target += percent_encoded(version_of(endpoint));
  target += "&outputContentFormat=markdown&stringIndexType=unicodeCodePoint";
  const std::vector<std::uint32_t> pages = pages_sent_for(asked);
  if (!pages.empty()) target += "&pages=" + page_ranges(pages);
  return target;
}

std::vector<std::uint32_t> pages_sent_for(const codec::document_request& asked) {
  if (!takes_pages(asked)) return {};
  std::vector<std::uint32_t> pages = asked.pages;
  std::ranges::sort(pages);
  pages.erase(std::ranges::unique(pages).begin(), pages.end());
  return pages;
}

codec::spliced_body analyze_body(const codec::document_request& asked) {
  codec::spliced_body body;
  const auto add = [&](std::string_view piece) {
    body.pieces.push_back(piece);
    body.size += piece.size();
  };
  if (!asked.url.empty()) {
    codec::json_writer out;
    out.begin_object().key("urlSource").text(asked.url).end_object();
    add(body.owned.emplace_back(out.take()));
    return body;
  }
  add(R"({"base64Source":")");
  add(asked.base64);
  add(R"("})");
  return body;
}

std::optional<std::string> result_target(std::string_view operation, const core::endpoint& endpoint) {
  std::string_view rest = operation.substr(0, operation.find('?'));
  for (const std::string_view part : {std::string_view(endpoint.url.prefix), models_path}) {
    if (!rest.starts_with(part)) return std::nullopt;
    rest.remove_prefix(part.size());
  }
  constexpr std::string_view results = "/analyzeResults/";
  const std::size_t model_end = std::min(rest.find('/'), rest.size());
  const std::string_view model = rest.substr(0, model_end);
  rest.remove_prefix(model_end);
  if (!rest.starts_with(results)) return std::nullopt;
  const std::string_view id = rest.substr(results.size());
  if (!is_plain_segment(model) || !is_plain_segment(id)) return std::nullopt;
  std::string target = endpoint.url.prefix;
  target += models_path;
  target += model;
  target += results;
  target += id;
  target += "?api-version=";
  target += percent_encoded(version_of(endpoint));
  return target;
}

std::int64_t decoded_size(std::string_view base64) {
  const std::size_t last = base64.find_last_not_of('=');
  const std::size_t digits = last == std::string_view::npos ? 0 : last + 1;
  return static_cast<std::int64_t>(digits / 4 * 3 + digits % 4 * 3 / 4);
}

}  // namespace phigate::upstream
