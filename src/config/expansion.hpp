// `${NAME}` in a value of either file (spec §11): replaced once, from the environment; what it brings is not looked at
// again.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/config/loader.hpp"

namespace phigate::config {

struct expanded_text {
  std::string text;  // a missing variable leaves nothing
  bool any_variable = false;
  std::vector<std::string> missing;  // why, one a variable: "NAME is not set", "NAME is empty"
};

// `$${` is a literal `${`. The error is a message that quotes nothing of the text.
std::expected<expanded_text, std::string> expand(std::string_view text, const environment& env);

}  // namespace phigate::config
