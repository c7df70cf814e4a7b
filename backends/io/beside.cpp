#include "backends/io/beside.hpp"

#include <exception>
#include <string>
#include <system_error>
#include <unistd.h>

#include "backends/io/new_file.hpp"
#include "neurotape/error.hpp"

namespace neurotape::io {

namespace fs = std::filesystem;

namespace {

fs::path normal(const fs::path& path) {
  const auto whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

/// Its name while a process writes it.
fs::path transient_of(const fs::path& path, int process) {
  return path.parent_path() / ("." + path.filename().string() + "." + std::to_string(process));
}

}  // namespace

Beside::Beside(const fs::path& path) : final_(normal(path)), transient_(transient_of(final_, ::getpid())) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(final_, error)))
    throw Error(ErrorCode::already_exists, "the output is there already", {.path = final_.string()});
  fs::remove_all(transient_, error);  // of a process with this number that was killed
}

Beside::~Beside() {
  std::error_code ignored;
  if (!published_) fs::remove_all(transient_, ignored);
}

void Beside::publish(const fs::path& inner) {
  rename_file(inner.empty() ? transient_ : inner, final_);
  published_ = inner.empty();
  sync_directory(final_.parent_path());
}

void Beside::remove_rest(const fs::path& path, int process) noexcept try {
  fs::remove_all(transient_of(normal(path), process));
} catch (const std::exception&) {  // it stays under a name that says what it is
}

}  // namespace neurotape::io
