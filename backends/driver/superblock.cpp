#include "backends/driver/superblock.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace neurotape::driver {
namespace {

constexpr std::array kSignature = {std::byte{0x89}, std::byte{'H'},  std::byte{'D'},  std::byte{'F'},
                                   std::byte{'\r'}, std::byte{'\n'}, std::byte{0x1A}, std::byte{'\n'}};
constexpr std::array kTrailerMark = {std::byte{'N'}, std::byte{'T'}, std::byte{'R'}, std::byte{'E'},
                                     std::byte{'S'}, std::byte{'R'}, std::byte{'V'}, std::byte{'1'}};
constexpr std::size_t kVersion = 8;
constexpr std::size_t kAddressBytes = 9;
constexpr std::size_t kFlags = 11;
constexpr std::size_t kExtension = 20;
constexpr std::size_t kEnd = 28;
constexpr std::size_t kRoot = 36;
constexpr std::size_t kChecksum = 44;

static_assert(std::endian::native == std::endian::little, "fields are copied as they lie in the file");

template <class T>
T field(std::span<const std::byte> bytes, std::size_t at) noexcept {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

struct Words {
  std::uint32_t a, b, c;

  void add(std::span<const std::byte, 12> bytes) noexcept {
    a += field<std::uint32_t>(bytes, 0);
    b += field<std::uint32_t>(bytes, 4);
    c += field<std::uint32_t>(bytes, 8);
  }
  void mix() noexcept {
    a -= c, a ^= std::rotl(c, 4), c += b;
    b -= a, b ^= std::rotl(a, 6), a += c;
    c -= b, c ^= std::rotl(b, 8), b += a;
    a -= c, a ^= std::rotl(c, 16), c += b;
    b -= a, b ^= std::rotl(a, 19), a += c;
    c -= b, c ^= std::rotl(b, 4), b += a;
  }
  void finish() noexcept {
    c ^= b, c -= std::rotl(b, 14);
    a ^= c, a -= std::rotl(c, 11);
    b ^= a, b -= std::rotl(a, 25);
    c ^= b, c -= std::rotl(b, 16);
    a ^= c, a -= std::rotl(c, 4);
    b ^= a, b -= std::rotl(a, 14);
    c ^= b, c -= std::rotl(b, 24);
  }
};

}  // namespace

std::uint32_t lookup3(std::span<const std::byte> bytes) noexcept {
  const auto start = 0xDEADBEEFU + static_cast<std::uint32_t>(bytes.size());
  Words words{start, start, start};
  while (bytes.size() > 12) {
    words.add(bytes.first<12>());
    words.mix();
    bytes = bytes.subspan(12);
  }
  if (bytes.empty()) return words.c;
  std::array<std::byte, 12> last{};
  std::copy(bytes.begin(), bytes.end(), last.begin());
  words.add(last);
  words.finish();
  return words.c;
}

bool is_superblock(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < kSuperblockBytes) return false;
  const auto version = std::to_integer<int>(bytes[kVersion]);
  return std::equal(kSignature.begin(), kSignature.end(), bytes.begin()) && (version == 2 || version == 3) &&
         bytes[kAddressBytes] == std::byte{8} && bytes[kAddressBytes + 1] == std::byte{8} &&
         lookup3(bytes.first(kChecksum)) == field<std::uint32_t>(bytes, kChecksum);
}

Superblock new_superblock(std::uint64_t root) noexcept {
  constexpr std::uint64_t kNoExtension = UINT64_MAX;
  Superblock superblock{};
  std::copy(kSignature.begin(), kSignature.end(), superblock.begin());
  superblock[kVersion] = std::byte{3};
  superblock[kAddressBytes] = superblock[kAddressBytes + 1] = std::byte{8};
  std::memcpy(superblock.data() + kExtension, &kNoExtension, sizeof kNoExtension);
  std::memcpy(superblock.data() + kRoot, &root, sizeof root);
  return superblock;
}

std::uint64_t end_in(const Superblock& superblock) noexcept { return field<std::uint64_t>(superblock, kEnd); }

void seal(Superblock& superblock, std::uint64_t end) noexcept {
  superblock[kFlags] = std::byte{0};
  std::memcpy(superblock.data() + kEnd, &end, sizeof end);
  const auto checksum = lookup3(std::span(superblock).first(kChecksum));
  std::memcpy(superblock.data() + kChecksum, &checksum, sizeof checksum);
}

Trailer trailer(std::uint64_t used) noexcept {
  Trailer bytes;
  std::copy(kTrailerMark.begin(), kTrailerMark.end(), bytes.begin());
  std::memcpy(bytes.data() + kTrailerMark.size(), &used, sizeof used);
  return bytes;
}

std::optional<std::uint64_t> used_in(const Trailer& trailer) noexcept {
  if (!std::equal(kTrailerMark.begin(), kTrailerMark.end(), trailer.begin())) return std::nullopt;
  return field<std::uint64_t>(trailer, kTrailerMark.size());
}

}  // namespace neurotape::driver
