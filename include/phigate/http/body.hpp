// Message bodies off the wire, in place: length-delimited, chunked (strictly) and until-close.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "phigate/http/head.hpp"

namespace phigate::http {

enum class body_fault : std::uint8_t {
  malformed_chunk,  // a bad size, over 16 digits, a line over 256 bytes, a bare CR or LF, a missing CRLF, a bad trailer
                    // line
  trailers_too_large,  // over 8 KiB, the last blank line counted
  too_large,           // over the limit, counted in decoded bytes
  truncated,           // the peer closed too early
};

class body_decoder {
 public:
  // `limit`: of decoded bytes.
  body_decoder(framing framing, std::uint64_t content_length, std::uint64_t limit);

  struct piece {
    std::size_t consumed = 0;  // bytes of the input that are spent, the data counted
    std::string_view data;     // decoded bytes, a view into the input; may be empty although bytes were consumed
  };

  // Decodes one piece from the front of `input`. Call again with the rest until `done()` or nothing is consumed (more
  // input is needed). Trailers are checked and dropped. Never reads behind the end of its body. An announced length or
  // chunk over the limit is a fault before any of it is delivered. A fault is final: later calls return it again.
  std::expected<piece, body_fault> step(std::string_view input);

  // The peer closed. Whole for until_close and for a body that is done; else truncated, or the fault there was.
  std::expected<void, body_fault> finish();

  [[nodiscard]] bool done() const { return state_ == state::done; }
  [[nodiscard]] std::uint64_t decoded() const { return decoded_; }

 private:
  enum class state : std::uint8_t {
    data,  // of a length, or until close
    size,
    extension,
    size_lf,
    chunk,
    chunk_cr,
    chunk_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done,
    failed,
  };
  std::expected<piece, body_fault> step_plain(std::string_view input);
  std::expected<piece, body_fault> step_chunked(std::string_view input);
  piece take(std::string_view input, std::size_t framing_bytes);
  void frame(char c);
  void chunk_size(char c);
  void chunk_size_end();
  void trailer(char c);
  void expect(char c, char wanted, state next);
  void fail(body_fault fault);

  framing framing_;
  state state_ = state::data;
  body_fault fault_ = body_fault::malformed_chunk;  // when failed
  std::uint64_t remaining_ = 0;  // of the length or the chunk; while its line is read, the size so far
  std::uint64_t limit_;
  std::uint64_t decoded_ = 0;
  std::size_t line_ = 0;  // bytes of the chunk line, or of all trailers, so far
};

}  // namespace phigate::http
