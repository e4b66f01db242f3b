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

}  // namespace

std::expected<std::string, std::string> read_file(const std::filesystem::path& path, std::size_t most) {
  const file_handle file(std::fopen(path.c_str(), "rb"));
  if (!file) return std::unexpected(last_error());
  std::string bytes(most + 1, '\0');
  // A folder opens, and fails here.
  const std::size_t length = std::fread(bytes.data(), 1, bytes.size(), file.get());
  if (std::ferror(file.get()) != 0) return std::unexpected(last_error());
  if (length > most) return std::unexpected("more than " + std::to_string(most) + " bytes");
  bytes.resize(length);
  return bytes;
}

std::string why_unreadable(const std::filesystem::path& path) {
  const file_handle file(std::fopen(path.c_str(), "rb"));
  if (!file) return last_error();
  std::fgetc(file.get());
  return std::ferror(file.get()) != 0 ? last_error() : std::string();
}

}  // namespace phigate::config
