#pragma once
/// \file
/// Numbers from one element type to another, where nothing is lost.

#include <cstddef>
#include <span>

#include "loader/dataset.hpp"

namespace neurotape::loader {

bool is_integer(Dtype dtype) noexcept;
/// Whether values of one type can be read as the other: any integer as any (each value is checked), float32 as float64,
/// and each as itself.
bool can_convert(Dtype from, Dtype to) noexcept;

/// Reads rows of one value each as another type than they are stored in, in pieces.
/// \throws Error out_of_range for a value that the type cannot hold, else as `Dataset::read`
void read_as(const Dataset& dataset, RowRange rows, Dtype as, std::span<std::byte> out);

}  // namespace neurotape::loader
