#pragma once
/// \file
/// A text file that is written from its beginning to its end.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <neurotape/error.hpp>
#include <string>
#include <string_view>

namespace neurotape::exchange {

/// A text file; all errors are told, also those that come late.
class TextFile {
 public:
  explicit TextFile(const std::filesystem::path& path) : path_(path), file_(std::fopen(path.c_str(), "wxe")) {
    if (!file_) fail();
  }
  void write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) fail();
  }
  void close() {
    if (std::fclose(file_.release()) != 0) fail();
  }

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::io, std::string("cannot write: ") + std::strerror(errno), {.path = path_.string()});
  }

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Closer> file_;
};

}  // namespace neurotape::exchange
