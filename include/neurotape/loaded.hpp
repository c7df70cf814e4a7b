#pragma once
/// \file
/// What reading gives back: plain structures that own their arrays. A structure is a value of its own, not
/// tied to the file it came from.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "neurotape/array.hpp"

namespace neurotape {

namespace detail {

/// Bytes that are not initialised: they are about to be read. Throws `Error` io when there is no memory.
class Storage {
 public:
  Storage() = default;
  explicit Storage(std::size_t bytes) { resize(bytes); }
  Storage(Storage&& other) noexcept { swap(other); }
  Storage& operator=(Storage&& other) noexcept {
    Storage(std::move(other)).swap(*this);
    return *this;
  }
  ~Storage() = default;

  void resize(std::size_t bytes);  ///< keeps the memory when it shrinks; what was here is lost when it grows
  std::byte* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }
  std::span<std::byte> bytes() const noexcept { return {data_.get(), size_}; }
  void swap(Storage& other) noexcept {
    data_.swap(other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace detail

/// An array that was read. Like a `std::vector` of fixed size, but contiguous for `bool` too; converts to
/// `std::vector` and `std::span`, and can be recorded again.
template <Arithmetic T>
class Array {
 public:
  using value_type = T;

  Array() = default;
  explicit Array(std::size_t size) { resize(size); }
  explicit Array(detail::Storage bytes) : storage_(std::move(bytes)) {}
  Array(std::initializer_list<T> values) : Array(std::span<const T>(values.begin(), values.size())) {}
  explicit Array(std::span<const T> values) : Array(values.size()) { std::copy(values.begin(), values.end(), begin()); }
  Array(const Array& other) : Array(std::span<const T>(other)) {}
  Array(Array&&) noexcept = default;
  Array& operator=(const Array& other) { return *this = Array(other); }
  Array& operator=(Array&&) noexcept = default;
  ~Array() = default;

  T* data() noexcept { return reinterpret_cast<T*>(storage_.data()); }
  const T* data() const noexcept { return reinterpret_cast<const T*>(storage_.data()); }
  std::size_t size() const noexcept { return storage_.size() / sizeof(T); }
  bool empty() const noexcept { return size() == 0; }
  T* begin() noexcept { return data(); }
  T* end() noexcept { return data() + size(); }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + size(); }
  T& operator[](std::size_t i) noexcept { return data()[i]; }
  const T& operator[](std::size_t i) const noexcept { return data()[i]; }
  T& front() noexcept { return data()[0]; }
  const T& front() const noexcept { return data()[0]; }
  T& back() noexcept { return data()[size() - 1]; }
  const T& back() const noexcept { return data()[size() - 1]; }

  /// Values that are new are not initialised; when the array grows, what was in it is lost.
  void resize(std::size_t size) { storage_.resize(size * sizeof(T)); }
  operator std::vector<T>() const { return std::vector<T>(begin(), end()); }
  friend bool operator==(const Array& a, const Array& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }
  friend bool operator==(const Array& a, const std::vector<T>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  detail::Storage storage_;
};

/// Rows of a dense stream.
template <Arithmetic T>
struct DenseRows {
  Array<std::int64_t> timesteps;
  Array<T> values;  ///< row-major: `size()` rows of `shape`
  Shape shape;      ///< of one row

  std::size_t size() const noexcept { return timesteps.size(); }
  bool empty() const noexcept { return timesteps.empty(); }
  std::span<const T> row(std::size_t i) const noexcept {
    const auto width = static_cast<std::size_t>(shape.values());
    return {values.data() + i * width, width};
  }
};

namespace detail {
struct SparseBatch {
  Array<std::int64_t> timesteps;
  std::vector<Storage> columns;
};
}  // namespace detail

/// Spikes: neuron `neuron_ids[i]` fired in timestep `timesteps[i]`.
template <std::unsigned_integral Id = std::uint64_t>
struct SpikeRows {
  Array<std::int64_t> timesteps;
  Array<Id> neuron_ids;
  Array<double> times;  ///< exact times in the episode's `dt_unit`; empty where none are stored

  std::size_t size() const noexcept { return timesteps.size(); }
  bool empty() const noexcept { return timesteps.empty(); }
  static SpikeRows from(detail::SparseBatch batch) {
    const bool timed = batch.columns.size() > 1;
    return {std::move(batch.timesteps), Array<Id>(std::move(batch.columns[0])),
            timed ? Array<double>(std::move(batch.columns[1])) : Array<double>()};
  }
};

struct RewardRows {
  Array<std::int64_t> timesteps;
  Array<double> values;

  std::size_t size() const noexcept { return timesteps.size(); }
  bool empty() const noexcept { return timesteps.empty(); }
  static RewardRows from(detail::SparseBatch batch) {
    return {std::move(batch.timesteps), Array<double>(std::move(batch.columns[0]))};
  }
};

template <std::floating_point T = float>
struct WeightChangeRows {
  Array<std::int64_t> timesteps;
  Array<std::uint64_t> synapse_ids;
  Array<T> old_weights;
  Array<T> new_weights;

  std::size_t size() const noexcept { return timesteps.size(); }
  bool empty() const noexcept { return timesteps.empty(); }
  static WeightChangeRows from(detail::SparseBatch batch) {
    return {std::move(batch.timesteps), Array<std::uint64_t>(std::move(batch.columns[0])),
            Array<T>(std::move(batch.columns[1])), Array<T>(std::move(batch.columns[2]))};
  }
};

/// The first and the last of some timesteps.
struct TimestepSpan {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

struct EventRecord {
  std::string type;
  std::int64_t timestep = 0;
  nlohmann::json data;
};

/// Rows that were dropped while recording.
struct GapRecord {
  std::string stream;  ///< path of the stream: "spikes/excitatory"
  std::int64_t first_timestep = 0;
  std::int64_t last_timestep = 0;
  std::uint64_t rows = 0;
  std::string cause;  ///< "overflow", "timeout", "decimate", "nan", "error", "incomplete", "invalid"
};

}  // namespace neurotape
