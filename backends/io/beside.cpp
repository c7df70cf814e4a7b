#include "backends/io/beside.hpp"

#include <string>
#include <system_error>
#include <unistd.h>

#include "backends/io/new_file.hpp"
#include "neurotape/error.hpp"

namespace neurotape::io {

namespace fs = std::filesystem;

Beside::Beside(const fs::path& path) : final_(fs::absolute(path).lexically_normal()) {
  if (!final_.has_filename()) final_ = final_.parent_path();
  std::error_code error;
  if (fs::exists(fs::symlink_status(final_, error)))
    throw Error(ErrorCode::already_exists, "there is something at the place of the copy", {.path = final_.string()});
  transient_ = final_.parent_path() / ("." + final_.filename().string() + "." + std::to_string(::getpid()));
  fs::remove_all(transient_, error);  // of a process with this number that was killed
}

Beside::~Beside() {
  std::error_code ignored;
  if (!published_) fs::remove_all(transient_, ignored);
}

void Beside::publish() {
  rename_file(transient_, final_);
  published_ = true;
  sync_directory(final_.parent_path());
}

}  // namespace neurotape::io
