#include "config/file.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace phigate::config {
namespace {

struct file_closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using file_handle = std::unique_ptr<std::FILE, file_closer>;

std::string last_error() {
  return std::generic_category().message(errno);
}

// A pipe would be waited for, by whoever reloads too.
std::expected<file_handle, std::string> open(const std::filesystem::path& path) {
  std::error_code unknown;
  const auto status = std::filesystem::status(path, unknown);
  if (std::filesystem::is_fifo(status) || std::filesystem::is_socket(status)) return std::unexpected("is a pipe");
  file_handle file(std::fopen(path.c_str(), "rb"));
  if (!file) return std::unexpected(last_error());
  return file;
}

}  // namespace

std::expected<std::string, std::string> read_file(const std::filesystem::path& path, std::size_t most) {
  const auto file = open(path);
  if (!file) return std::unexpected(file.error());
  std::string bytes(most + 1, '\0');
  const std::size_t length = std::fread(bytes.data(), 1, bytes.size(), file->get());
  if (std::ferror(file->get()) != 0) return std::unexpected(last_error());
  if (length > most) return std::unexpected("more than " + std::to_string(most) + " bytes");
  bytes.resize(length);
  return bytes;
}

std::string why_unreadable(const std::filesystem::path& path) {
  const auto file = open(path);
  if (!file) return file.error();
  std::fgetc(file->get());
  return std::ferror(file->get()) != 0 ? last_error() : std::string();
}

}  // namespace phigate::config
