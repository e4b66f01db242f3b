// What several protocols have in common, for the adapters alone.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "phigate/core/failover.hpp"
#include "phigate/core/registry.hpp"
#include "phigate/upstream/adapter.hpp"

namespace phigate::upstream {

// What a status means wherever nothing else is known (spec §5).
core::failure_kind kind_of(int status);

// A refusal classed by its status, with what the provider said where it is the client's mistake or the operator's.
core::attempt_failure classify_by_status(const refusal& refused);

// Whether message, code or type holds one of the words, in any case.
bool says_any(const core::provider_error& said, std::initializer_list<std::string_view> words);
// Whether `text` begins with one of the words, in any case.
bool opens_with_any(std::string_view text, std::initializer_list<std::string_view> words);
// Takes `word` off the front, in any case. False: it does not stand there.
bool skip(std::string_view& text, std::string_view word);

// A 2xx that can't be used. `note` is for the log: no provider text, no content.
core::attempt_failure unusable(std::string note);

// "content-type: …\r\naccept: …\r\n"; an empty one is left out.
std::string content_lines(std::string_view content_type, std::string_view accept);

// Whether a Content-Type's value names that media type, in any case and with any parameters.
bool is_media_type(std::string_view content_type, std::string_view wanted);
// For `check` where an event stream was asked for: a failure when the answer is none.
inline constexpr std::string_view event_stream = "text/event-stream";
std::optional<core::attempt_failure> check_events(const answer_head& head);
// Whether the client wants what the registry calls so, and the route declares.
bool needs_feature(const call& request, std::string_view feature);
// Whether it may be sound: an audio type, or bytes of no stated kind.
bool is_audio_type(std::string_view content_type);

// `text` as a path segment or a query's value: everything but RFC 3986's unreserved characters is percent-encoded.
std::string percent_encoded(std::string_view text);

// The path and query of a URL that the provider gave. Nothing unless its scheme, host and port are the endpoint's own
// (threats §3), it carries no user information and only visible ASCII; a fragment is cut off.
std::optional<std::string> target_at_origin(std::string_view url, const core::base_url& origin);

}  // namespace phigate::upstream
