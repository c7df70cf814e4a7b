// A journal that comes from anywhere: as it is, and as the payload of a record whose checksum is right.

#include <cstdlib>
#include <cstring>
#include <vector>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "backends/driver/journal.hpp"
#include "tests/fuzz/scratch_file.hpp"

namespace {

std::vector<std::uint8_t> with_header(std::span<const std::uint8_t> payload) {
  constexpr std::uint64_t kMagic = 0x324C4E524A544E00, kSequence = 7;
  const std::uint64_t header[] = {kMagic, kSequence, payload.size(),
                                  XXH3_64bits_withSeed(payload.data(), payload.size(), kSequence)};
  std::vector<std::uint8_t> record(sizeof header);
  std::memcpy(record.data(), header, sizeof header);
  record.insert(record.end(), payload.begin(), payload.end());
  return record;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const neurotape::fuzz::ScratchFile file(".journal");
  const std::span<const std::uint8_t> bytes(data, size);
  file.write(bytes);
  neurotape::driver::read_journal(file.path());
  file.write(with_header(bytes));
  std::size_t total = 0;
  for (const auto& entry : neurotape::driver::read_journal(file.path())) {
    if (entry.file.find('/') != std::string::npos) std::abort();
    neurotape::driver::HeldWrites over;
    for (const auto& piece : entry.pieces) {
      total += piece.bytes.size();
      over.add(piece.address, piece.bytes);
    }
    std::vector<std::byte> seen(256);
    for (const auto& piece : entry.pieces) over.read_over(piece.address, seen);
    over.read_over(0, seen);
  }
  if (total > size) std::abort();  // made of nothing
  return 0;
}
