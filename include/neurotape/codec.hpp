#pragma once
/// \file
/// How the rows of a chunk become its stored bytes.

#include <string>
#include <string_view>

namespace neurotape {

/// What `Codec::adaptive` tries to reach.
enum class Goal {
  fastest,   ///< the least time, where the disk takes a byte in a nanosecond
  balanced,  ///< a byte less is worth ten nanoseconds of a core
  smallest,  ///< whatever time it takes
  portable,  ///< as balanced, with filters that need no plug-in
};

/// Reordering of bytes before Blosc compresses them.
enum class Shuffle {
  none,
  byte,  ///< all first bytes of the elements, then all second bytes, ...
  bit,   ///< the same with bits: better for small integers, slower
};

/// A codec and its settings; a value. Each is a chain of standard HDF5 filters.
///
/// | codec | filters | when |
/// | --- | --- | --- |
/// | `gzip(1)` (default) | shuffle, deflate | any HDF5 reader opens it; about 1 GB/s a core at levels 1-3 |
/// | `blosc("lz4", 5)` | Blosc, Fletcher32 | more than 0.5 GB/s; readers need the Blosc filter plug-in |
/// | `lzf()` | shuffle, LZF, Fletcher32 | readers are h5py |
/// | `none()` | Fletcher32 | incompressible data, or none of the processor's time to spare |
/// | `adaptive(goal)` | as `blosc`; `portable`: as `gzip` | data that nobody knows yet |
class Codec {
 public:
  enum class Family { none, gzip, lzf, blosc, adaptive };

  static Codec none();
  /// \param level 1 (fast) to 9 (small).
  static Codec gzip(int level = 1);
  static Codec lzf();
  /// \param name `lz4`, `lz4hc`, `zstd`, `blosclz` or `zlib`.
  /// \param level 0 (copy) to 9 (small).
  static Codec blosc(std::string_view name = "lz4", int level = 5, Shuffle shuffle = Shuffle::byte);
  /// Each column of a stream tries some settings of one family on pieces of its chunks, and goes on with the best for the
  /// goal; streams of the same name in other episodes go on from there. While the ring is more than half full, the cheapest is used.
  /// What was chosen is in `stats()`, and in the attribute `codec_chosen` of a finished stream.
  static Codec adaptive(Goal goal = Goal::balanced);
  /// From text: `none`, `gzip`, `gzip:4`, `lzf`, `blosc:zstd:3:bit`, `adaptive:smallest`. For command lines and configs.
  static Codec parse(std::string_view text);

  Family family() const noexcept { return family_; }
  int level() const noexcept { return level_; }
  /// Blosc's compressor; empty for the other families.
  const std::string& compressor() const noexcept { return compressor_; }
  Shuffle shuffle() const noexcept { return shuffle_; }
  /// Of `adaptive`.
  Goal goal() const noexcept { return goal_; }
  /// The text that `parse` takes.
  std::string to_string() const;

  friend bool operator==(const Codec&, const Codec&) = default;

 private:
  Codec(Family family, int level, std::string compressor, Shuffle shuffle);

  Family family_ = Family::gzip;
  int level_ = 1;
  std::string compressor_;
  Shuffle shuffle_ = Shuffle::byte;
  Goal goal_ = Goal::balanced;
};

}  // namespace neurotape
