#pragma once
/// \file
/// Arrays as arrays.py describes them, so that what we read and what numpy reads can be compared.

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <neurotape/npz.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "backends/deflate/deflate.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/process.hpp"

namespace neurotape::npz {

using nlohmann::json;

inline json described(const NpyArray& array) {
  json found{{"dtype", array.type_name()}, {"shape", array.shape().dimensions()}};
  if (array.is_text()) {
    std::string all;
    for (const auto& text : array.texts()) all += text + "\n";
    found["text"] = array.texts();
    found["crc32"] = deflate::crc32(std::as_bytes(std::span(all)));
  } else {
    found["crc32"] = deflate::crc32(array.bytes());
  }
  return found;
}

/// What numpy reads in these files, by path.
inline json read_by_numpy(const std::vector<std::string>& paths) {
  const auto judged = support::run_python("unit/npz/arrays.py", paths);
  EXPECT_EQ(judged.status, 0) << judged.output;
  return json::parse(judged.output, nullptr, false);
}
inline json read_by_numpy(const std::filesystem::path& path) {
  return read_by_numpy(std::vector{path.string()})[path.string()];
}

using support::expect_error;

}  // namespace neurotape::npz
