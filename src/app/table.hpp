// Rows of text as columns, for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace phigate::app {

using table_row = std::vector<std::string>;

// Each row on a line behind `indent` spaces, each column but the last as wide as its longest cell, in bytes.
std::string aligned(const std::vector<table_row>& rows, std::size_t indent = 0);

}  // namespace phigate::app
