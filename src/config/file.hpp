// Reading small files whole: the two configuration files and credential files.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>

namespace phigate::config {

// The bytes of a file, or why there are none, fit to follow "cannot be read: ". A file over `most` bytes is an error.
std::expected<std::string, std::string> read_file(const std::filesystem::path& path, std::size_t most);

// Nothing when the file can be opened and read, else why not.
std::string why_unreadable(const std::filesystem::path& path);

}  // namespace phigate::config
