#pragma once
/// \file
/// Stores runs in HDF5 files, as docs/format.md says.

#include <filesystem>
#include <memory>

#include "recorder/backend.hpp"

namespace neurotape::hdf5 {

/// Makes a new run directory. \throws Error invalid_name, io
std::unique_ptr<Backend> create_run(const std::filesystem::path& parent, const RunInfo& info,
                                    std::unique_ptr<CodecLibrary> codecs, const StorageOptions& options = {});
/// Goes on with an existing one.
/// \throws Error not_found, already_exists (another recorder has it open: its pid is named), damaged, unsupported, io
std::unique_ptr<Backend> open_run(const std::filesystem::path& path, std::unique_ptr<CodecLibrary> codecs,
                                  const StorageOptions& options = {});

}  // namespace neurotape::hdf5
