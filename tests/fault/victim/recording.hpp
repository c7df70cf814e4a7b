#pragma once
/// \file
/// An episode with one of everything, whose values a judge can compute.

#include <neurotape/neurotape.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace neurotape::fault {

/// One thread; it starts others for the lanes, and waits for them.
class Recording {
 public:
  struct Shape {
    int streams = 1;  ///< dense ones at the beginning
    int lanes = 1;    ///< more than one: of the spikes, and of the first dense stream by its columns
    std::size_t width = 16;
    std::uint64_t chunk_rows = 32;
    int nan = 0;  ///< of so many rows of the first dense stream the last has a NaN; 0: none
  };

  Recording(Experiment& experiment, Shape shape);

  void add_stream();
  void record(std::int64_t rows);
  void finish() { episode_.finish(); }

  /// {"episode": number, "rows": {stream: rows}, "first": [timestep of each dense stream]} of all that was recorded.
  nlohmann::json rows() const;
  /// The same of what committed_timestep() says of each stream, events apart, which have none.
  nlohmann::json committed() const;
  void set_attribute(const std::string& name, const nlohmann::json& value);
  const nlohmann::json& attributes() const { return attributes_; }  ///< that its file has when it is finished
  std::uint64_t number() const { return episode_.number(); }

 private:
  struct Lane {
    SpikeStream spikes;
    DenseStream<float> dense;
    std::size_t first_column, columns;
  };

  void make_lanes();
  void record_lane(std::size_t index, std::int64_t rows);
  bool has_nan(std::int64_t t) const { return shape_.nan != 0 && t % shape_.nan == shape_.nan - 1; }
  float value(std::int64_t t, std::size_t stream, std::size_t column) const {
    return static_cast<float>(t * 31 + static_cast<std::int64_t>(column + stream));
  }

  Shape shape_;
  nlohmann::json attributes_{{"maze", "T"}};
  Episode episode_;
  std::vector<DenseStream<float>> dense_;
  std::vector<std::int64_t> first_;
  std::int64_t rejected_ = 0;
  std::optional<SpikeStream> spikes_;
  std::optional<RewardStream> rewards_;
  std::optional<WeightChangeStream<float>> weights_;
  std::vector<Lane> lanes_;
  std::int64_t t_ = 0;
};

}  // namespace neurotape::fault
