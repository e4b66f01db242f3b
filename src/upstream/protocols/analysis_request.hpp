// What Azure Document Intelligence is asked: the analysis of a document, and the addresses of its results.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/codec/media_request.hpp"
#include "phigate/codec/splice.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::upstream {

// Where the analysis is asked for: Markdown, counted in code points, of the pages that the client wants as far as this
// kind of document lets one choose.
std::string analyze_target(const core::endpoint& endpoint, const core::hosted_model& model,
                           const codec::document_request& asked);

// The pages that analyze_target asks for, counted from 0: sorted, each once. Empty: it asks for all that there are.
std::vector<std::uint32_t> pages_sent_for(const codec::document_request& asked);

// {"urlSource": …} or {"base64Source": …}. A document that came in the request is not copied, nor looked at: it is
// base64 (document_request). `asked` and the body outlive what is returned.
codec::spliced_body analyze_body(const codec::document_request& asked);

// Where an operation's result is deleted. Nothing unless its target has exactly the form of one result's address: what
// a provider names can't make the gateway delete anything else.
std::optional<std::string> result_target(std::string_view operation, const core::endpoint& endpoint);

// Of base64, without decoding it.
std::int64_t decoded_size(std::string_view base64);

}  // namespace phigate::upstream
