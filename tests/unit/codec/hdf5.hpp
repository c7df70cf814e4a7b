#pragma once
/// \file
/// The little of HDF5 that the interop tests use.

#include <gtest/gtest.h>
#include <hdf5.h>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "backends/codec/filters.hpp"

namespace neurotape::codec {

template <typename Result>
Result checked(Result result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string("HDF5: ") + what);
  return result;
}

/// Owns an id of any kind.
class Hdf5Id {
 public:
  explicit Hdf5Id(hid_t id) : id_(checked(id, "no id")) {}
  Hdf5Id(Hdf5Id&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Hdf5Id& operator=(Hdf5Id&&) = delete;
  ~Hdf5Id() {
    if (id_ >= 0) H5Idec_ref(id_);
  }
  operator hid_t() const noexcept { return id_; }

 private:
  hid_t id_;
};

inline std::vector<Filter> filters_of(hid_t dataset) {
  const Hdf5Id plist(H5Dget_create_plist(dataset));
  const int count = checked(H5Pget_nfilters(plist), "filters");
  std::vector<Filter> filters;
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0, config = 0, parameters[32];
    std::size_t used = 32;
    const H5Z_filter_t id = checked(
        H5Pget_filter2(plist, static_cast<unsigned>(i), &flags, &used, parameters, 0, nullptr, &config), "filter");
    filters.push_back({static_cast<std::uint32_t>(id), (flags & H5Z_FLAG_OPTIONAL) != 0,
                       std::vector<unsigned>(parameters, parameters + used)});
  }
  return filters;
}

}  // namespace neurotape::codec
