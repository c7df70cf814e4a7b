#pragma once
/// \file
/// Writes the members of an NPZ file, one after the other.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/npz/window.hpp"
#include "neurotape/npz.hpp"
#include "recorder/buffer_pool.hpp"

namespace neurotape::npz {

/// One thread. Compresses in pieces, so that it needs little memory for large arrays.
class ZipWriter {
 public:
  /// \throws std::bad_alloc
  ZipWriter(Window& window, BufferPool& memory, NpzCompression compression);
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;
  ~ZipWriter();

  /// \throws Error wrong_shape, invalid_name, invalid_argument, what the window throws
  void add(std::string_view name, const NpzValue& value);
  void finish();

  /// What a file with these arrays needs at most.
  static std::size_t bound(std::span<const NamedValue> arrays);

 private:
  struct Zip;
  void begin(const std::string& name, bool stored, std::uint64_t bytes);
  void put(std::span<const std::byte> bytes);
  void put_deflated(std::span<const std::byte> values);
  void check(int result);

  Window& window_;
  BufferPool& memory_;
  const NpzCompression compression_;
  std::unique_ptr<Zip> zip_;
  std::vector<std::string> names_;
};

/// The file as `numpy.load` reads it.
/// \returns its size and CRC-32 (0 where it did not fit into one window)
struct Written {
  std::uint64_t bytes = 0;
  std::uint32_t crc32 = 0;
};
Written write_arrays(std::span<const NamedValue> arrays, NpzCompression compression, BufferPool& memory,
                     std::size_t window_bytes, const WriteAt& write_at);

std::uint32_t checksum(std::span<const std::byte> bytes) noexcept;  ///< CRC-32
/// Of all bytes of a file. \throws Error not_found, io
Written checksum_of_file(const std::filesystem::path& path);

/// An NPY file in memory, behind its header of `npy_header`.
struct NpyBytes {
  std::string header;
  std::u32string text;  ///< the values, where they are text
  std::span<const std::byte> values(const NpzValue& value) const;
};
/// \throws Error wrong_shape, invalid_argument
NpyBytes npy_bytes(const NpzValue& value);

}  // namespace neurotape::npz
