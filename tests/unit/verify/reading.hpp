#pragma once
/// \file
/// What the loader makes of files with flipped bits.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace neurotape::verification {

/// A number that stands for all data that the loader gives of a run or file. \throws Error as the loader
std::uint64_t digest(const std::filesystem::path& path);

/// What became of a child that read a file and verified it.
enum class Outcome {
  sound,       ///< the data are the same, and no fault was found
  harmless,    ///< the data are the same, a fault was found
  told,        ///< the loader refused, and so did `verify`, or it found a fault
  unverified,  ///< the loader refused, and `verify` found nothing
  wrong,       ///< other data, and no error
  crashed,     ///< HDF5 ended the child
  hung,        ///< it took longer than it may
};
inline constexpr std::size_t kOutcomes = 7;

/// Reads and verifies in a child, which HDF5 may end.
Outcome outcome_of(const std::filesystem::path& path, std::uint64_t expected);

/// A bit of a file that is another one while this lives.
class FlippedBit {
 public:
  FlippedBit(std::filesystem::path file, std::uint64_t offset, unsigned bit);
  FlippedBit(const FlippedBit&) = delete;
  FlippedBit& operator=(const FlippedBit&) = delete;
  ~FlippedBit() { flip(); }

 private:
  void flip() const;

  std::filesystem::path file_;
  std::uint64_t offset_;
  unsigned bit_;
};

/// A chunk as damage.py lists it.
struct ListedChunk {
  std::string dataset;
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint32_t filter_mask = 0;
};
/// \param file relative to the run
std::vector<ListedChunk> chunks_of(const std::filesystem::path& run, const std::string& file);

}  // namespace neurotape::verification
