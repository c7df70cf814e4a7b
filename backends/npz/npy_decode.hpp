#pragma once
/// \file
/// From the bytes of an NPY file to an array.

#include <cstddef>
#include <memory>

#include "neurotape/npz.hpp"

namespace neurotape {

class NpyDecoder {
 public:
  /// \param file whole; becomes part of the array where its values can stay where they are
  /// \throws Error damaged, unsupported
  static NpyArray decode(const std::shared_ptr<std::byte[]>& file, std::size_t file_bytes);

 private:
  static NpyArray make(char kind, std::size_t item_bytes, Shape shape, Dtype dtype, std::shared_ptr<std::byte[]> values,
                       std::size_t bytes);
};

}  // namespace neurotape
