#include "codec/document_body.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "codec/document_source.hpp"
#include "codec/header_parameters.hpp"
#include "codec/top_level.hpp"

namespace phigate::codec {
namespace {

using namespace std::string_view_literals;

constexpr std::array own_fields = {
    "bbox_annotation_format"sv,
    "confidence_scores_granularity"sv,
    "document"sv,
    "document_annotation_format"sv,
    "document_annotation_prompt"sv,
    "extract_footer"sv,
    "extract_header"sv,
    "id"sv,
    "image_limit"sv,
    "image_min_size"sv,
    "include_blocks"sv,
    "include_image_base64"sv,
    "pages"sv,
    "table_format"sv,
};
static_assert(std::ranges::is_sorted(own_fields));

// What not every provider can give, and the word for it. Leaving it out of the answer would look as if there were none.
// Blocks are not among them: Mistral's own SDK asks for them in every request, so nobody meant anything by it.
struct extra {
  std::string_view key;
  std::string_view feature;
};
constexpr std::array extras = {
    extra{"bbox_annotation_format", "annotations"},
    extra{"document_annotation_format", "annotations"},
    extra{"document_annotation_prompt", "annotations"},
    extra{"confidence_scores_granularity", "confidence_scores"},
};

constexpr std::uint32_t last_page = 1999;
constexpr std::size_t most_pages = 2000;

// Pages in the order asked for, each once.
class page_list {
 public:
  // False: there is no such page, or too many were asked for.
  bool add(std::uint32_t page) {
    if (page > last_page || ++asked_ > most_pages) return false;
    if (!seen_[page]) pages_.push_back(page);
    seen_.set(page);
    return true;
  }
  bool add_range(std::uint32_t first, std::uint32_t last) {
    if (first > last || last > last_page) return false;
    for (std::uint32_t page = first; page <= last; ++page) {
      if (!add(page)) return false;
    }
    return true;
  }
  [[nodiscard]] std::vector<std::uint32_t> take() { return std::move(pages_); }

 private:
  std::vector<std::uint32_t> pages_;
  std::bitset<last_page + 1> seen_;
  std::size_t asked_ = 0;
};

std::optional<std::uint32_t> page_number(std::string_view digits) {
  std::uint32_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// "0-2,5"
bool add_ranges(std::string_view text, page_list& pages) {
  for (;;) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = without_outer_space(text.substr(0, comma));
    const std::size_t hyphen = std::min(item.find('-'), item.size());
    const auto first = page_number(item.substr(0, hyphen));
    const auto last = hyphen == item.size() ? first : page_number(item.substr(hyphen + 1));
    if (!first || !last || !pages.add_range(*first, *last)) return false;
    if (comma == text.size()) return true;
    text.remove_prefix(comma + 1);
  }
}

class document_reader {
 public:
  document_reader(json_cursor& cursor, request_facts& facts, fault_keeper& faults)
      : cursor_(cursor), facts_(facts), faults_(faults) {}

  void read_member(std::string_view key);
  [[nodiscard]] document_members take() { return std::move(read_); }

 private:
  void read_pages();
  void check_include_images();
  void note_extra(std::string_view key);

  json_cursor& cursor_;
  request_facts& facts_;
  fault_keeper& faults_;
  document_members read_;
};

void document_reader::read_member(std::string_view key) {
  if (key == "document") {
    read_.has_document = true;
    read_document_source(cursor_, facts_, faults_, read_.asked);
  } else if (cursor_.kind() == json_kind::null) {
    return;
  } else if (key == "pages") {
    read_pages();
  } else if (key == "include_image_base64") {
    check_include_images();
  } else {
    note_extra(key);
  }
}

// None at all might be read as every page.
void document_reader::read_pages() {
  page_list pages;
  bool sound = cursor_.first_element() != json_kind::none;
  if (cursor_.kind() == json_kind::string) {
    sound = add_ranges(cursor_.string().text(), pages);
  } else {
    cursor_.elements([&](std::size_t) {
      const auto page = cursor_.integer();
      sound = sound && page && *page >= 0 && *page <= last_page && pages.add(static_cast<std::uint32_t>(*page));
    });
  }
  if (!sound) {
    return faults_.invalid("pages",
                           "\"pages\" must be an array of page numbers or a text like \"0-2,5\": counted from 0, up to "
                           "1999, at most 2000 of them and at least one.");
  }
  read_.asked.pages = pages.take();
}

void document_reader::check_include_images() {
  if (cursor_.kind() == json_kind::boolean) return;
  faults_.invalid("include_image_base64", "\"include_image_base64\" must be true or false.");
}

void document_reader::note_extra(std::string_view key) {
  const auto* const found = std::ranges::find(extras, key, &extra::key);
  if (found == extras.end() || cursor_.raw() == "false") return;
  auto& features = facts_.required_features;
  if (std::ranges::find(features, found->feature) == features.end()) features.emplace_back(found->feature);
}

}  // namespace

document_members read_document_members(json_cursor& cursor, std::string_view body, request_facts& facts,
                                       fault_keeper& faults) {
  facts.modality = core::modality::ocr;
  document_reader reader(cursor, facts, faults);
  read_top_level(cursor, body, own_fields, facts, faults, [&](std::string_view key) { reader.read_member(key); });
  require_model(facts, faults);
  document_members read = reader.take();
  facts.pages = std::max<std::int64_t>(std::ssize(read.asked.pages), 1);
  return read;
}

document_request read_document_body(json_cursor& cursor, std::string_view body, request_facts& facts,
                                    fault_keeper& faults) {
  document_members read = read_document_members(cursor, body, facts, faults);
  if (!read.has_document) faults.invalid("document", "\"document\" is missing: what is to be read.");
  return std::move(read.asked);
}

}  // namespace phigate::codec
