#include "server/markup.hpp"

namespace phigate::server {

markup markup::trusted(std::string_view html) {
  markup out;
  out.html_ = html;
  return out;
}

void markup::append_escaped(std::string_view plain) {
  html_.reserve(html_.size() + plain.size());
  for (const char c : plain) {
    switch (c) {
      case '&':
        html_ += "&amp;";
        break;
      case '<':
        html_ += "&lt;";
        break;
      case '>':
        html_ += "&gt;";
        break;
      case '"':
        html_ += "&quot;";
        break;
      case '\'':
        html_ += "&#39;";
        break;
      default:
        html_ += c;
    }
  }
}

markup element(std::string_view tag, std::initializer_list<attribute> attributes, const markup& inner) {
  std::string html = "<";
  html += tag;
  for (const attribute& each : attributes) {
    html.append(" ").append(each.name).append("=\"").append(markup(each.value).html()).append("\"");
  }
  html.append(">").append(inner.html()).append("</").append(tag).append(">");
  return markup::trusted(html);
}

markup element(std::string_view tag, const markup& inner) {
  return element(tag, {}, inner);
}

}  // namespace phigate::server
