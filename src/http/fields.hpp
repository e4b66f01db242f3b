// Field lines, and what the fields together say about a message: its body and its connection. For requests and
// responses alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "phigate/http/head.hpp"

namespace phigate::http {

enum class field_error : std::uint8_t {
  malformed,  // obs-fold, a blank before the colon, no colon, a control, a bare CR or LF, a blank line early or missing
  not_plain,  // a field that we read holds a control or a byte beyond ASCII
};

// `block`: field lines and the blank line behind them. Replaces `out`.
std::expected<void, field_error> parse_fields(std::string_view block, std::vector<field>& out);
// The same; for `not_plain` it tells the field's name too.
std::expected<void, field_error> parse_fields(std::string_view block, std::vector<field>& out,
                                              std::string_view& name_at_fault);

std::optional<std::string_view> find_field(const std::vector<field>& fields, std::string_view name);
std::size_t count_fields(const std::vector<field>& fields, std::string_view name);

// `name` is `other` once `_` is read as `-`, which is how CGI and some proxies see it, and isn't `other` itself.
bool is_underscore_twin(std::string_view name, std::string_view other);

struct body_announcement {
  bool stated = false;  // by either field
  bool chunked = false;
  std::uint64_t length = 0;
};

enum class body_error : std::uint8_t {
  ambiguous,       // two parties could take it for two bodies
  unknown_coding,  // well-formed, but a transfer coding that nobody here can undo
};

std::expected<body_announcement, body_error> read_body_announcement(const std::vector<field>& fields,
                                                                    int minor_version);

// Whether the connection outlives the message; nothing when a Connection field is no list of tokens.
std::optional<bool> read_keep_alive(const std::vector<field>& fields, int minor_version);

enum class version_error : std::uint8_t { malformed, unsupported };

// The minor version of `HTTP/1.0` or `HTTP/1.1`.
std::expected<int, version_error> parse_version(std::string_view text);

}  // namespace phigate::http
