// Azure Document Intelligence, as Mistral's OCR has it: a document is sent for analysis, the operation is asked about
// until it is done, and its layout becomes pages of Markdown.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "phigate/codec/json.hpp"
#include "upstream/protocols/analysis_fault.hpp"
#include "upstream/protocols/analysis_request.hpp"
#include "upstream/protocols/layout_pages.hpp"
#include "upstream/protocols/page_choice.hpp"
#include "upstream/protocols/parts.hpp"
#include "upstream/protocols/polling.hpp"
#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {
namespace {

using codec::json_value;

constexpr std::array<std::string_view, 8> ignored_fields{"extract_footer",       "extract_header", "id",
                                                         "image_limit",          "image_min_size", "include_blocks",
                                                         "include_image_base64", "table_format"};

constexpr core::protocol analysis_facts{
    .name = "azure_document_intelligence",
    .modalities = {core::modality::ocr},
    .speech_formats = {},
    .passes_fields = false,
    .reads_api_version = true,
    .ignored_fields = ignored_fields,
};

constexpr std::chrono::seconds usual_wait{1};

// The members that are read of an operation's state, its result's among them.
constexpr auto state_members = [] {
  constexpr std::array<std::string_view, 5> own{"analyzeResult", "code", "error", "modelId", "status"};
  std::array<std::string_view, own.size() + layout_members.size()> all;
  std::ranges::copy(layout_members, std::ranges::copy(own, all.begin()).out);
  return all;
}();

void write_text(codec::json_writer& out, std::string_view name, const std::optional<std::string>& text) {
  out.key(name);
  if (text) {
    out.text(*text);
  } else {
    out.null();
  }
}

void write_page(codec::json_writer& out, const layout_page& page) {
  out.begin_object();
  out.key("index").integer(page.index);
  out.key("markdown").text(page.markdown);
  // Figures' pictures would be requests of their own, each: the text alone is asked for.
  out.key("images").begin_array().end_array();
  write_text(out, "header", page.header);
  write_text(out, "footer", page.footer);
  out.key("dimensions");
  if (page.size) {
    out.begin_object();
    out.key("dpi").integer(layout_dpi);
    out.key("height").integer(page.size->height);
    out.key("width").integer(page.size->width);
    out.end_object();
  } else {
    out.null();
  }
  out.end_object();
}

// The provider keeps results for a day, unless they are deleted: those of class phi are.
bool must_delete(core::data_class of) {
  return of == core::data_class::phi;
}

class analysis final : public conversation {
 public:
  explicit analysis(const call& request)
      : request_(request), asked_(std::get<codec::document_request>(request.asked.media)) {}

  wire_request first() override {
    wire_request out;
    out.target = analyze_target(request_.endpoint, request_.model, asked_);
    out.header_lines = content_lines("application/json", "application/json");
    out.body = analyze_body(asked_);
    return out;
  }

  reply_step take(const answer_head& head, std::string_view body) override {
    if (!operation_ && !head.operation_location.empty()) {
      operation_ = target_at_origin(head.operation_location, request_.endpoint.url);
      if (!operation_) return unusable("the operation's address is not at the endpoint's origin");
      if (must_delete(request_.data_class) && !result_target(*operation_, request_.endpoint)) {
        return unusable("the operation's address is none whose result could be deleted");
      }
    }
    if (head.status == 202) return ask(pace_.at_work(head.retry_after));
    const auto document = codec::json_document::parse(body, state_members);
    if (!document) return unusable("the operation's state is no JSON that can be read");
    const json_value state = document->root();
    const std::string_view status = state["status"].text().value_or("");
    if (status == "notStarted" || status == "running") return ask(pace_.at_work(head.retry_after));
    if (status == "failed") return analysis_failure(state["error"]["code"].text().value_or(""), body);
    if (status == "succeeded") return finish(state["analyzeResult"]);
    return unusable("the operation's state is none that is known");
  }

  std::optional<reply_step> excuse(const refusal& refused, const answer_head& head) override {
    if (const auto wait = pace_.refused(refused.status, head.retry_after)) return ask(*wait);
    return lost_operation(refused);
  }

 private:
  [[nodiscard]] reply_step ask(std::chrono::milliseconds after) const {
    if (!operation_) return unusable("the analysis was accepted, but no operation was named");
    ask_again again;
    again.request.method = "GET";
    again.request.target = *operation_;
    again.request.header_lines = content_lines("", "application/json");
    again.after = after;
    return again;
  }

  [[nodiscard]] reply_step finish(json_value result) const {
    std::optional<std::vector<layout_page>> pages = layout_pages(result);
    if (!pages) return unusable("the result has no content, or none that is a document's pages");
    const std::int64_t analysed = std::ssize(*pages);
    const std::optional<std::vector<layout_page>> chosen = chosen_pages(std::move(*pages), asked_);
    if (!chosen) return unusable("the pages that were asked for can't be told in the result");
    answered out;
    out.content_type = "application/json";
    out.body = write_answer(*chosen, analysed, result["modelId"].text().value_or(request_.model.upstream));
    out.usage.pages = analysed;
    return out;
  }

  [[nodiscard]] std::string write_answer(const std::vector<layout_page>& pages, std::int64_t analysed,
                                         std::string_view model) const {
    codec::json_writer out;
    out.begin_object();
    out.key("pages").begin_array();
    for (const layout_page& page : pages) write_page(out, page);
    out.end_array();
    out.key("model").text(model);
    out.key("document_annotation").null();
    out.key("usage_info").begin_object();
    out.key("pages_processed").integer(analysed);
    out.key("doc_size_bytes");
    if (asked_.url.empty()) {
      out.integer(decoded_size(asked_.base64));
    } else {
      out.null();
    }
    out.end_object();
    out.end_object();
    return out.take();
  }

  const call request_;
  const codec::document_request& asked_;
  std::optional<std::string> operation_;  // its target at the endpoint
  poll_pace pace_{usual_wait};
};

class azure_document_intelligence_adapter final : public adapter {
 public:
  [[nodiscard]] const core::protocol& facts() const override { return analysis_facts; }

  [[nodiscard]] std::string credential_lines(const core::endpoint& endpoint) const override {
    return "ocp-apim-subscription-key: " + endpoint.credential.reveal() + "\r\n";
  }

  [[nodiscard]] std::unique_ptr<conversation> begin(const call& request) const override {
    return std::make_unique<analysis>(request);
  }

  [[nodiscard]] core::attempt_failure classify(const refusal& refused, const core::provider& /*by*/) const override {
    return analysis_refusal(refused);
  }

  [[nodiscard]] bool takes_leave(core::data_class of) const override { return must_delete(of); }

  [[nodiscard]] std::optional<wire_request> farewell(const core::endpoint& at,
                                                     const answer_head& began) const override {
    const std::optional<std::string> operation = target_at_origin(began.operation_location, at.url);
    std::optional<std::string> target = operation ? result_target(*operation, at) : std::nullopt;
    if (!target) return std::nullopt;
    wire_request out;
    out.method = "DELETE";
    out.target = std::move(*target);
    out.header_lines = content_lines("", "application/json");
    return out;
  }
};

}  // namespace

const adapter& azure_document_intelligence() {
  static const azure_document_intelligence_adapter instance;
  return instance;
}

}  // namespace phigate::upstream
