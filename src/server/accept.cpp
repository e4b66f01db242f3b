#include "server/accept.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "phigate/http/head.hpp"

namespace phigate::server {

namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);  // npos + 1 is 0
}

// Takes what stands before the next `mark` off the text; a mark inside a quoted string is none.
std::string_view take_until(std::string_view& text, char mark) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != mark); ++end) {
    if (quoted && text[end] == '\\') {
      ++end;
    } else if (text[end] == '"') {
      quoted = !quoted;
    }
  }
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(part);
}

// A weight in thousandths: "1", "0.5", "0.125".
std::optional<int> parse_weight(std::string_view text) {
  constexpr std::size_t longest = 5;
  if (text.empty() || text.size() > longest || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = (text[0] - '0') * 1000;
  int unit = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

// Of the parameters behind a media range; nothing for one that can't be read.
std::optional<int> weight_in(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view value = take_until(parameters, ';');
    const std::string_view name = take_until(value, '=');
    if (http::equals_ignoring_case(name, "q")) return parse_weight(value);
  }
  return 1000;
}

// How welcome one media type is: the most precise range that holds it tells.
struct welcome {
  std::string_view type;
  std::string_view family;
  int weight = 0;
  int precision = 0;      // 3: named, 2: its family is, 1: anything goes
  std::size_t place = 0;  // of the range in the list

  void consider(std::string_view range, int its_weight, std::size_t its_place) {
    int precise = 0;
    if (range == "*/*") precise = 1;
    if (http::equals_ignoring_case(range, family)) precise = 2;
    if (http::equals_ignoring_case(range, type)) precise = 3;
    if (precise == 0 || precise <= precision) return;
    weight = its_weight;
    precision = precise;
    place = its_place;
  }
  [[nodiscard]] bool named() const { return precision == 3; }
};

}  // namespace

bool prefers_page(std::string_view accept) {
  welcome page{.type = "text/html", .family = "text/*"};
  welcome json{.type = "application/json", .family = "application/*"};
  for (std::size_t place = 0; !accept.empty(); ++place) {
    std::string_view parameters = take_until(accept, ',');
    const std::string_view range = take_until(parameters, ';');
    const std::optional<int> weight = weight_in(parameters);
    if (!weight) continue;
    page.consider(range, *weight, place);
    json.consider(range, *weight, place);
  }
  if (page.weight != json.weight) return page.weight > json.weight;
  return page.weight > 0 && page.named() && (!json.named() || page.place < json.place);
}

}  // namespace phigate::server
