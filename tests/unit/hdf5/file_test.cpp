// A file on our own driver, where HDF5 does not do as it is told.

#include <cstdlib>
#include <gtest/gtest.h>
#include <optional>

#include "backends/hdf5/calls.hpp"
#include "backends/hdf5/file_access.hpp"
#include "neurotape/error.hpp"
#include "tests/support/process.hpp"

namespace neurotape::hdf5 {
namespace {

class FileTest : public ::testing::TestWithParam<bool> {
 protected:
  support::TemporaryDirectory directory_;
};

// HDF5 does not close a file of which something is open, and writes to it when the program ends.
TEST_P(FileTest, OneThatHdf5DoesNotCloseStaysForIt) {
  const auto path = directory_ / "file.h5";
  const auto leaves_a_group_open = [&] {
    std::optional file(File::create(path, Root::small, File::Mode::held, {}));
    auto group = open_group(file->id(), "/");
    if (GetParam()) {
      EXPECT_THROW(file->close(), Error);
      EXPECT_TRUE(file->driver().failure());
    }
    file.reset();
    EXPECT_FALSE(link_exists(group.get(), "anything")) << "HDF5 reads the file";
    group.release();
    std::exit(::testing::Test::HasFailure() ? 1 : 0);
  };
  EXPECT_EXIT(leaves_a_group_open(), ::testing::ExitedWithCode(0), "");
}

INSTANTIATE_TEST_SUITE_P(ByCloseAndByDestructor, FileTest, ::testing::Bool());

}  // namespace
}  // namespace neurotape::hdf5
