#pragma once
/// \file
/// Neurons and connections.

#include <memory>
#include <string>

#include "loader/file.hpp"
#include "neurotape/run.hpp"

namespace neurotape::loader {

/// \param file null: there is none
/// \param group "/network_structure/neurons"
/// \throws Error damaged (columns of different length), io
std::shared_ptr<const detail::TableSource> open_table(const std::shared_ptr<const File>& file,
                                                      const std::string& group);

}  // namespace neurotape::loader
