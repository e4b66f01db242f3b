#include "config/expansion.hpp"

#include <algorithm>

#include "phigate/core/ascii.hpp"

namespace phigate::config {
namespace {

bool is_name(std::string_view text) {
  const auto allowed = [](char c) { return core::ascii::is_alphanumeric(c) || c == '_'; };
  return !text.empty() && !core::ascii::is_digit(text.front()) && std::ranges::all_of(text, allowed);
}

void substitute(std::string_view name, const environment& env, expanded_text& out) {
  const std::optional<std::string> value = env(name);
  out.any_variable = true;
  if (value && !value->empty()) {
    out.text += *value;
  } else if (std::string why = std::string(name) + (value ? " is empty" : " is not set");
             std::ranges::find(out.missing, why) == out.missing.end()) {
    out.missing.push_back(std::move(why));
  }
}

}  // namespace

std::expected<expanded_text, std::string> expand(std::string_view text, const environment& env) {
  expanded_text out;
  while (!text.empty()) {
    if (text.starts_with("$${")) {
      out.text += "${";
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos)
        return std::unexpected("${ without }: write ${NAME}, or $${ for the characters ${");
      const std::string_view name = text.substr(2, end - 2);
      if (!is_name(name)) {
        return std::unexpected(
            "${…} holds no name of a variable: letters, digits and _, no digit first ($${ is a literal ${)");
      }
      substitute(name, env, out);
      text.remove_prefix(end + 1);
    } else {
      out.text += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace phigate::config
