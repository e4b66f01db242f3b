// What the fields of a transcription mean (spec §10), however they came.
#pragma once

#include <string>
#include <string_view>

#include "codec/request_faults.hpp"
#include "codec/top_level.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {

class transcription_fields {
 public:
  transcription_fields(request_facts& facts, fault_keeper& faults, transcription_request& asked)
      : facts_(facts), faults_(faults), asked_(asked) {}

  // Every field that a form may have, `file`, `model` and `provider` included.
  static field_names known();
  // Reports a name that no form may have.
  static void judge_name(std::string_view name, fault_keeper& faults);
  // Whether a form may have it more than once.
  static bool is_list(std::string_view name);

  // `name`: a known one. `value`: in UTF-8.
  void take(std::string_view name, std::string_view value);
  // Once all are taken: what depends on several of them, and defaults.
  void finish();

 private:
  void take_language(std::string_view value);
  void take_format(std::string_view value);
  void take_temperature(std::string_view value);
  void take_granularity(std::string_view name, std::string_view value);
  void take_stream(std::string_view value);
  void need(std::string_view feature, std::string_view name);

  request_facts& facts_;
  fault_keeper& faults_;
  transcription_request& asked_;
  std::string granularities_;  // the name of the last one's field
};

}  // namespace phigate::codec
