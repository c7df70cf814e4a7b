#pragma once
/// \file
/// The members of a zip file, and their bytes.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "backends/io/file.hpp"

namespace neurotape::npz {

struct Member {
  std::string name;
  std::uint64_t address = 0;  ///< of its stored bytes
  std::uint64_t stored_bytes = 0;
  std::uint64_t bytes = 0;
  std::uint32_t crc32 = 0;
  unsigned method = 0;  ///< 0: stored, 8: deflated
  bool encrypted = false;
};

/// \throws Error damaged: it is no zip file, or its list of members is not one of this file
std::vector<Member> read_members(const io::OpenFile& file);

/// The bytes of a member, its CRC-32 checked. Any thread.
/// \throws Error damaged, unsupported, io
std::shared_ptr<std::byte[]> read_member(const io::OpenFile& file, const Member& member);

}  // namespace neurotape::npz
