#include "backends/hdf5/provenance.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <system_error>
#include <unistd.h>

#include "backends/hdf5/file_access.hpp"

namespace neurotape::hdf5 {
namespace {

constexpr std::size_t kTextBytes = 4096;
constexpr std::size_t kPackedRefsBytes = 16U << 20;
constexpr std::size_t kCommandLineBytes = 32768;

std::string line_of(const std::filesystem::path& path) {
  const auto text = read_text(path, kTextBytes);
  return text ? text->substr(0, text->find('\n')) : std::string();
}

/// What follows `prefix`; empty when the text begins otherwise.
std::string after(const std::string& text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : std::string();
}

/// The repository's own directory. In a work tree or submodule `.git` is a file that names it.
std::filesystem::path git_directory(const std::filesystem::path& directory) {
  std::error_code error;
  for (auto place = std::filesystem::absolute(directory, error); !error; place = place.parent_path()) {
    auto candidate = place / ".git";
    if (std::filesystem::is_directory(candidate, error)) return candidate;
    const auto elsewhere = after(line_of(candidate), "gitdir: ");
    if (!elsewhere.empty()) return place / elsewhere;
    if (place == place.parent_path()) break;
    error.clear();
  }
  return {};
}

std::string packed_ref(const std::filesystem::path& git, const std::string& name) {
  std::istringstream lines(read_text(git / "packed-refs", kPackedRefsBytes).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with(" " + name)) return line.substr(0, line.find(' '));
  }
  return {};
}

bool is_commit(const std::string& text) {
  return text.size() >= 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string git_commit(const std::filesystem::path& directory) {
  const auto git = git_directory(directory);
  if (git.empty()) return {};
  auto head = line_of(git / "HEAD");
  if (is_commit(head)) return head;
  const auto name = after(head, "ref: ");
  if (name.empty()) return {};
  // A work tree keeps its branches in the main repository.
  const auto common = line_of(git / "commondir");
  const auto refs = common.empty() ? git : git / common;
  const auto loose = line_of(refs / name);
  const auto commit = is_commit(loose) ? loose : packed_ref(refs, name);
  return is_commit(commit) ? commit : std::string();
}

std::string command_line() {
  auto text = read_text("/proc/self/cmdline", kCommandLineBytes).value_or("");
  text.resize(text.find_last_not_of('\0') + 1);
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

}  // namespace neurotape::hdf5
