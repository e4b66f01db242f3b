#include "app/table.hpp"

#include <algorithm>

namespace phigate::app {

std::string aligned(const std::vector<table_row>& rows, std::size_t indent) {
  std::vector<std::size_t> widths;
  for (const table_row& cells : rows) {
    widths.resize(std::max(widths.size(), cells.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string out;
  for (const table_row& cells : rows) {
    std::string text(indent, ' ');
    for (std::size_t i = 0; i < cells.size(); ++i) {
      text += cells[i];
      if (i + 1 < cells.size()) text.append(widths[i] - cells[i].size() + 2, ' ');
    }
    out += text + "\n";
  }
  return out;
}

}  // namespace phigate::app
