// HTML that is fit to be sent: whatever text is put into it gets escaped on the way, so that nobody can forget to.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace phigate::server {

class markup {
 public:
  markup() = default;
  // Implicit: plain text among markup becomes markup that shows it.
  template <std::convertible_to<std::string_view> Text>
  markup(const Text& plain) {
    append_escaped(plain);
  }
  // HTML as it is: for what is written in this program.
  static markup trusted(std::string_view html);

  markup& operator+=(const markup& more) {
    html_ += more.html_;
    return *this;
  }
  friend markup operator+(markup first, const markup& second) { return first += second; }

  [[nodiscard]] bool empty() const { return html_.empty(); }
  [[nodiscard]] const std::string& html() const { return html_; }

 private:
  void append_escaped(std::string_view plain);
  std::string html_;
};

struct attribute {
  std::string_view name;
  std::string_view value;  // plain text; escaped like all other
};

// `<tag name="value">inner</tag>`; the names are the program's own.
markup element(std::string_view tag, std::initializer_list<attribute> attributes, const markup& inner);
markup element(std::string_view tag, const markup& inner);

}  // namespace phigate::server
