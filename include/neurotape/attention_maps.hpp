#pragma once
/// \file
/// Attention maps, one NPZ file each, in a directory with a manifest: writing, loading, comparing.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neurotape/npz.hpp"
#include "neurotape/trust.hpp"

namespace neurotape {

namespace detail {
class AttentionMaps;
}

/// How something is written that is not part of an experiment: by threads of its own.
struct StandAlone {
  Durability durability = Durability::power;
  /// Threads that compress and write, where there is something to be done at once. 0: the free cores, at least 1.
  int n_workers = 0;
  /// Told what a destructor cannot throw, and warnings. Default: one line on standard error.
  std::function<void(const Error&)> on_error = {};
};

/// What happens to a value that is out of range.
enum class OutOfRange : std::uint8_t {
  reject,  ///< the map is refused
  clip,    ///< becomes the nearest value in range, counted in the map's file, the manifest and the metadata
  off,     ///< nobody looks
};

/// What happens to a map whose file id is there.
enum class Existing : std::uint8_t {
  error,    ///< it is refused
  replace,  ///< it takes the place of the old one
  keep,     ///< the old one stays
};

/// What every map of a set must be.
struct AttentionMapOptions {
  Shape shape{22, 15000};  ///< of each map: channels x samples, or any other
  float lowest = 0;
  float highest = 1;
  OutOfRange out_of_range = OutOfRange::reject;
  bool refuse_nan = true;
  Existing existing = Existing::error;
  NpzCompression compression = NpzCompression::fast;
};

/// What is known of a map beside its values.
struct MapDetails {
  std::string source = {};              ///< where the map comes from: the recording's file, for example
  std::vector<NamedValue> arrays = {};  ///< more arrays of the NPZ file, by name
  std::uint64_t values_clipped = 0;     ///< of it before; those that are clipped now are added
};

/// One line of the manifest.
struct MapEntry {
  std::string file_id;
  std::string file;  ///< in the directory
  Shape shape;
  std::uint64_t bytes = 0;  ///< of the file
  std::uint32_t crc32 = 0;  ///< of the bytes of the file
  std::string source;       ///< empty: not stated
  std::uint64_t values_clipped = 0;
  friend bool operator==(const MapEntry&, const MapEntry&) = default;
};

/// What `metadata.json` says.
struct AttentionSummary {
  std::uint64_t maps = 0;
  std::uint64_t maps_clipped = 0;
  std::uint64_t values_clipped = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t stored_bytes = 0;  ///< of the files
  NpzCompression compression = NpzCompression::fast;
  double seconds = 0;  ///< that saving took, over all runs

  double ratio() const noexcept {
    return stored_bytes == 0 ? 0.0 : static_cast<double>(raw_bytes) / static_cast<double>(stored_bytes);
  }
};

/// Saves attention maps: `<directory>/<file_id>_attention.npz`, each with the arrays `attention_map` (float32), `shape` and
/// `file_id`. Beside them, exact whenever a call has returned: `manifest.json` with a line for each file, `metadata.json` with
/// their sums. A later run adds to the set.
///
/// A call returns when its maps are in their files. They are compressed and written by the workers of the experiment, or by
/// threads of its own; memory: the maps are read where they are, and each thread needs about twice a map.
///
/// Threads: any, at once. One writer for a directory, in all processes. A file gets its name when it is whole: what was saved
/// survives the end of the process, and with `Durability::power` also a power cut.
class AttentionMapWriter {
 public:
  /// Makes the directory, or goes on with the set in it. After a crash the manifest is made anew, from the files.
  /// \throws Error already_exists (another writer has it open), wrong_shape (the maps in it have another), io
  explicit AttentionMapWriter(const std::filesystem::path& directory, const AttentionMapOptions& options = {},
                              const StandAlone& how = {});
  explicit AttentionMapWriter(std::shared_ptr<detail::AttentionMaps> maps);
  AttentionMapWriter(AttentionMapWriter&&) noexcept;
  AttentionMapWriter& operator=(AttentionMapWriter&&) noexcept;
  ~AttentionMapWriter();

  /// \param map float32 values in row order, of the declared shape; a flat array of as many values will do
  /// \param file_id a name, not a path: of 1 to 200 bytes of UTF-8, without slashes
  /// \returns false where the map was there and is kept
  /// \throws Error wrong_type, wrong_shape, out_of_range (a NaN, a value out of range), invalid_name, already_exists, io
  bool save(const NpzValue& map, std::string_view file_id, const MapDetails& details = {});
  /// Saves them at once. Where one is refused the others are saved, and the first error is thrown.
  /// \param details none, or one for each map
  /// \returns how many were saved
  std::size_t save_batch(const std::vector<NpzValue>& maps, const std::vector<std::string>& file_ids,
                         const std::vector<MapDetails>& details = {});
  /// The same with one array of all maps, `[maps, shape...]` or flat.
  std::size_t save_stack(const NpzValue& maps, const std::vector<std::string>& file_ids,
                         const std::vector<MapDetails>& details = {});

  /// Adds a JSON object of the user's to `metadata.json`, as its member `user`.
  /// \returns what the file says now
  AttentionSummary save_metadata(const nlohmann::json& user);
  AttentionSummary summary() const;

  const std::filesystem::path& directory() const noexcept;
  std::uint64_t size() const;
  bool contains(std::string_view file_id) const;
  std::vector<MapEntry> manifest() const;  ///< in the order in which the maps came
  /// Files of the set that cannot be read, with the reason; found when it was opened.
  std::vector<std::string> unreadable() const;

 private:
  std::shared_ptr<detail::AttentionMaps> maps_;
};

/// A map that was loaded.
struct AttentionMap {
  std::string file_id;
  NpyArray values;  ///< float32, of the shape that the map was saved with
  std::string source;
  std::uint64_t values_clipped = 0;
  std::map<std::string, NpyArray> arrays;  ///< what the user added

  const Shape& shape() const noexcept { return values.shape(); }
};

/// The maps of a directory. Reads the files, not the manifest, and never writes. Threads: any, at once.
class AttentionMapReader {
 public:
  class Iterator;

  /// \throws Error not_found, io
  explicit AttentionMapReader(std::filesystem::path directory);

  const std::filesystem::path& directory() const noexcept { return directory_; }
  const std::vector<std::string>& file_ids() const noexcept { return file_ids_; }  ///< sorted
  std::size_t size() const noexcept { return file_ids_.size(); }
  bool contains(std::string_view file_id) const noexcept;

  /// \throws Error not_found, damaged, io
  AttentionMap load(std::string_view file_id) const;
  /// In the order that is asked for; by several threads.
  std::vector<AttentionMap> load(const std::vector<std::string>& file_ids) const;
  /// All of them, one after the other: `for (const auto& map : reader)`. Threads load ahead, as many maps as the machine has
  /// processors, and two at least.
  Iterator begin() const;
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  std::filesystem::path directory_;
  std::vector<std::string> file_ids_;
};

/// One pass over the maps. One thread.
class AttentionMapReader::Iterator {
 public:
  using value_type = AttentionMap;
  using difference_type = std::ptrdiff_t;

  explicit Iterator(const AttentionMapReader& reader);
  const AttentionMap& operator*() const noexcept { return *map_; }
  const AttentionMap* operator->() const noexcept { return &*map_; }
  /// \throws Error damaged, io
  Iterator& operator++();
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const noexcept { return !map_; }

 private:
  class Ahead;
  std::shared_ptr<Ahead> ahead_;
  std::optional<AttentionMap> map_;
};

inline AttentionMapReader::Iterator AttentionMapReader::begin() const { return Iterator(*this); }

/// How two maps of one file id differ.
struct MapDifference {
  std::string file_id;
  bool equal = false;      ///< bit for bit
  double largest = 0;      ///< of the absolute differences
  double mean = 0;         ///< of the same
  double correlation = 0;  ///< Pearson's; NaN where a map is constant
  /// Of the k largest values of each, the share whose place is among those of the other. Of equal values the first count.
  double top_overlap = 0;
};

struct AttentionDifference {
  std::vector<MapDifference> maps;  ///< by file id, of those in both
  std::vector<std::string> only_in_a;
  std::vector<std::string> only_in_b;
  bool equal = false;  ///< the same file ids, every map equal
  double largest = 0;
  double mean = 0;         ///< over all values
  double correlation = 0;  ///< mean of the maps'; NaN where there is none
  double top_overlap = 0;  ///< mean of the maps'
};

/// Compares two sets of maps: each a directory of maps, a run that has one, or a packed file; one map at a time.
/// \param top_k how many of the largest values count for `top_overlap`; 0: 1 % of them
/// \param how packed files are opened
/// \throws Error not_found (also where there is no map), damaged, wrong_shape (two maps of one file id)
AttentionDifference compare_attention_maps(const std::filesystem::path& a, const std::filesystem::path& b,
                                           std::size_t top_k = 0, const RunOptions& how = {});

/// Packs the maps of a directory, or of a run, into one HDF5 file: `attention_maps` `[maps, shape...]`, a chunk a map, `file_ids`,
/// `sources`, `values_clipped`, and `arrays/<file id>/<name>`. Returns how many.
/// \throws Error already_exists (there is such a file), wrong_shape (maps of several shapes), damaged; unsupported, in a build
/// without HDF5
std::uint64_t pack_attention_maps(const std::filesystem::path& directory, const std::filesystem::path& file);
/// The way back: every map as a file of its own. Returns how many.
/// \param options but for `shape`, which is that of the maps. As a rule values are not looked at: they were when they were saved
/// \param how the packed file is opened
/// \throws Error as `AttentionMapWriter`, and damaged
std::uint64_t unpack_attention_maps(const std::filesystem::path& file, const std::filesystem::path& directory,
                                    const AttentionMapOptions& options = {.out_of_range = OutOfRange::off,
                                                                          .refuse_nan = false},
                                    const RunOptions& how = {});

}  // namespace neurotape
