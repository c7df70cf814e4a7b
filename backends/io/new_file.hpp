#pragma once
/// \file
/// Files that get their names when they are whole, and what else is done to names.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/io/file.hpp"

namespace neurotape::io {

/// \throws Error io
[[noreturn]] void fail(std::string_view tried, const std::filesystem::path& path, int error_number);

/// The same name with a dot before it: what is not complete yet.
std::filesystem::path transient_name(const std::filesystem::path& path);

/// Written under its transient name; removed if it is not put in place. One thread at a time.
class NewFile {
 public:
  /// \throws Error io
  explicit NewFile(std::filesystem::path path);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  void write(std::uint64_t address, std::span<const std::byte> bytes) const;
  /// Replaces what has the name. \param durable the bytes are on the disk before; the name is once `sync_directory` returns
  void put_in_place(bool durable);

 private:
  std::filesystem::path path_;
  OpenFile file_;
};

/// \param durable the name, too, is on the disk when it returns
void replace_file(const std::filesystem::path& path, std::string_view contents, bool durable);
/// Replaces `to`.
void rename_file(const std::filesystem::path& from, const std::filesystem::path& to);
/// Nothing happens where there is no such file.
void remove_file(const std::filesystem::path& path);
/// Waits until the names in a directory are on the disk.
void sync_directory(const std::filesystem::path& path);
/// \returns false where the name is taken
bool make_directory(const std::filesystem::path& path);
/// With its parents.
/// \param durable the names of those that it makes are on the disk when it returns
void make_directories(const std::filesystem::path& path, bool durable = false);
/// Sorted; empty where there is no such directory.
std::vector<std::string> list_directory(const std::filesystem::path& path);
/// \throws Error not_found, io; damaged where it has more than so many bytes
std::string read_text(const std::filesystem::path& path, std::uint64_t limit_bytes);

}  // namespace neurotape::io
