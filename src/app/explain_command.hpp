// `phigate explain`: what a request would meet, by the very checks and rules that a request goes through (spec §13).
#pragma once

#include <optional>
#include <string>

#include "phigate/config/loader.hpp"
#include "phigate/core/routing.hpp"

namespace phigate::app {

struct explain_query {
  std::string model = "auto";
  std::optional<std::string> region;
  bool phi = false;  // false: as the configuration's default has it
  std::string modality = "chat";
  std::optional<std::string> prefer;  // the text of a provider object
  bool json = false;
};

// The answer to a request without a key at that moment: a table, or with `json` what POST /v1/route/explain answers. A
// fault of the request is an answer as well: a refusal. Every route counts as healthy.
std::string explain_text(const config::snapshot& configuration, const explain_query& query, core::moment when);

// Prints it; the result is the exit code, 0 for a refusal too.
int run_explain(const std::string& config_file, const explain_query& query);

}  // namespace phigate::app
