// HTTP/1.1 heads, read strictly (threats §1, §2): what is not plainly right is refused, because each leniency is a way
// to make two parties read two different requests. Heads are views into the caller's buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phigate::http {

struct field {
  std::string_view name;   // as sent
  std::string_view value;  // without surrounding blanks
};

enum class framing : std::uint8_t { none, length, chunked, until_close };

struct request_head {
  std::string_view method;
  std::string_view target;  // as sent
  std::string_view path;    // the target without its query
  int minor_version = 1;    // HTTP/1.x
  std::vector<field> fields;
  http::framing framing = framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
  // The one field of that name (any case), or nothing; a second one of a name that we read is the caller's to refuse.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
};

struct response_head {
  int status = 0;
  int minor_version = 1;
  std::vector<field> fields;
  http::framing framing = framing::until_close;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
};

struct head_limits {
  std::size_t request_line = 8u << 10;
  std::size_t header = 16u << 10;  // the block behind the request line
  std::size_t fields = 100;
};

// Why a request was refused before anything in it was believed.
struct head_fault {
  int status = 400;     // 400, 405, 414, 417, 431, 501, 505
  bool close = true;    // what follows can't be trusted to be a request; false: read past the body and go on
  std::string message;  // for the client; never holds its bytes
  std::string field;    // the name of the header whose value is at fault, as sent; empty: none, or not one that is read
};

// Where a head stands in received bytes.
struct head_extent {
  std::size_t skip = 0;  // leading CRLFs, two at most
  std::size_t size = 0;  // behind `skip`, up to and with the blank line; 0: not complete
};

// How far earlier calls looked: the caller's memory between two reads, new for each request.
struct head_progress {
  std::size_t scanned = 0;  // where to look on
  std::size_t line = 0;     // where the current line began
  std::size_t header = 0;   // where the header block began; 0 inside the request line
  std::size_t skip = 0;
  std::size_t fields = 0;  // lines of the header block so far
};

// Looks for a whole head. `received` starts with the same byte in each call. Faults as soon as the bytes so far can
// never become an acceptable head: a request line too long (its CRLF not counted), a header block too long (to and with
// the blank line) or with too many lines, a bare CR, a bare LF, NUL. Never looks behind the head.
std::expected<head_extent, head_fault> find_request_head(std::string_view received, const head_limits& limits,
                                                         head_progress& progress);

// `head` as found: request line to blank line. Every check of threats §1 that needs no configuration, except that
// methods are left to the router (CONNECT and TRACE apart: 405 here). A fault that closes comes before one that
// doesn't, so with `close` false `out` is whole and its body can be skipped. Names that begin `x_phi` or `x_region`
// pass: they are the server's, which has a code of its own for them (spec §2).
std::expected<void, head_fault> parse_request_head(std::string_view head, const head_limits& limits, request_head& out);

// A request field (name in any case) that the gateway acts on. Its value is printable ASCII and SP alone, not even a
// HTAB.
bool is_read_field(std::string_view name);

inline constexpr std::size_t response_head_limit = 64u << 10;

enum class response_fault : std::uint8_t { malformed, too_large };

// Size of the head with its blank line; 0: not complete.
std::expected<std::size_t, response_fault> find_response_head(std::string_view received, std::size_t& scanned);
// `to_head`: the request was HEAD. 1xx heads parse with framing none; the caller loops. 101 is malformed: nothing here
// asks for another protocol. A body without a length or chunks is until_close, and then keep_alive is false.
std::expected<void, response_fault> parse_response_head(std::string_view head, bool to_head, response_head& out);

// Case-insensitive comparison of ASCII.
bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace phigate::http
