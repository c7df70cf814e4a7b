#include "artifacts/map_contract.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <vector>

namespace neurotape::artifacts {
namespace {

std::string place_of(std::size_t index, const Shape& shape) {
  std::vector<std::uint64_t> place(shape.rank());
  for (std::size_t d = shape.rank(); d-- > 0;) {
    place[d] = index % shape.dimensions()[d];
    index /= shape.dimensions()[d];
  }
  return fmt::format("({})", fmt::join(place, ", "));
}

struct Found {
  std::size_t nans = 0;
  std::size_t outside = 0;
};

/// A plain loop, so that the compiler makes it one of vectors.
Found look_at(std::span<const float> values, float lowest, float highest) {
  std::size_t nans = 0, outside = 0;
  for (const float value : values) {
    nans += std::isnan(value) ? 1 : 0;
    outside += value < lowest || value > highest ? 1 : 0;
  }
  return {nans, outside};
}

template <class Is>
[[noreturn]] void refuse(std::span<const float> values, const AttentionMapOptions& contract, Is is_wrong) {
  const auto first = std::find_if(values.begin(), values.end(), is_wrong);
  throw Error(ErrorCode::out_of_range,
              fmt::format("the value at {} is {}, expected {} to {}",
                          place_of(static_cast<std::size_t>(first - values.begin()), contract.shape), *first,
                          contract.lowest, contract.highest));
}

}  // namespace

void require_usable(const AttentionMapOptions& options) {
  if (options.shape.values() == 0 || options.shape.values() >= UINT64_MAX / sizeof(float))
    throw Error(ErrorCode::wrong_shape,
                fmt::format("a map of the shape {} has no values, or too many", options.shape.to_string()));
  if (!(options.lowest <= options.highest))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a range from {} to {} holds no value", options.lowest, options.highest));
}

void require_form(const NpzValue& map, const AttentionMapOptions& contract) {
  if (map.is_text() || map.dtype() != Dtype::f32)
    throw Error(ErrorCode::wrong_type,
                fmt::format("expected values of float32, got {}", map.is_text() ? "text" : dtype_name(map.dtype())));
  const bool flat = map.shape().rank() == 1 && map.size() == contract.shape.values();
  if (map.shape() != contract.shape && !flat)
    throw Error(ErrorCode::wrong_shape,
                fmt::format("expected the shape {}, got {}", contract.shape.to_string(), map.shape().to_string()));
  if (map.size() != contract.shape.values())
    throw Error(ErrorCode::wrong_shape, fmt::format("expected {} values, got {}", contract.shape.values(), map.size()));
}

CheckedMap check_map(const NpzValue& map, const AttentionMapOptions& contract, BufferPool& memory) {
  require_form(map, contract);
  CheckedMap checked{{reinterpret_cast<const float*>(map.bytes().data()), map.size()}, 0, nullptr};
  if (!contract.refuse_nan && contract.out_of_range == OutOfRange::off) return checked;
  const auto found = look_at(checked.values, contract.lowest, contract.highest);
  if (contract.refuse_nan && found.nans != 0)
    refuse(checked.values, contract, [](float value) { return std::isnan(value); });
  if (found.outside == 0 || contract.out_of_range == OutOfRange::off) return checked;
  if (contract.out_of_range == OutOfRange::reject)
    refuse(checked.values, contract, [&](float value) { return value < contract.lowest || value > contract.highest; });
  checked.clipped = memory.acquire(map.bytes().size());
  auto* const to = reinterpret_cast<float*>(checked.clipped->data());
  std::transform(checked.values.begin(), checked.values.end(), to, [&](float value) {
    return value < contract.lowest ? contract.lowest : value > contract.highest ? contract.highest : value;
  });
  checked.values = {to, map.size()};
  checked.values_clipped = found.outside;
  return checked;
}

}  // namespace neurotape::artifacts
