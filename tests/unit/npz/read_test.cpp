// What others wrote, as we and numpy read it.

#include <cstdlib>
#include <fstream>

#include "described.hpp"

namespace neurotape::npz {
namespace {

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string npy(const std::string& header, const std::string& values, char version = 1) {
  std::string bytes = std::string("\x93NUMPY") + version + '\0' + static_cast<char>(header.size() & 0xff) +
                      static_cast<char>(header.size() >> 8);
  if (version > 1) bytes += std::string(2, '\0');
  return bytes + header + values;
}

class NpyRead : public testing::Test {
 protected:
  NpyArray read(const std::string& bytes) const {
    write_file(directory_ / "a.npy", bytes);
    return read_npy(directory_ / "a.npy");
  }
  void expect_refused(ErrorCode code, const std::string& words, const std::string& bytes) const {
    expect_error(code, words, [&] { read(bytes); });
    expect_error(code, "a.npy", [&] { read(bytes); });
  }
  support::TemporaryDirectory directory_;
};

TEST_F(NpyRead, HeadersAsPythonMayWriteThem) {
  const std::string two("\1\0\2\0", 4);
  for (const char* header : {"{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }\n",
                             "{'shape':(2L,),\"descr\":\"<i2\",'fortran_order':False}",
                             " { 'fortran_order' : True , 'shape' : ( 2 , ) , 'descr' : '<i2' } \n"}) {
    const auto array = read(npy(header, two));
    EXPECT_THAT(array.values<std::int16_t>(), testing::ElementsAre(1, 2)) << header;
    EXPECT_EQ(array.shape(), Shape(2));
  }
}

TEST_F(NpyRead, VersionsTwoAndThree) {
  for (const char version : {'\2', '\3'}) {
    const auto array = read(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (), }\n", "\7", version));
    EXPECT_EQ(array.number(), 7);
    EXPECT_EQ(array.shape().rank(), 0U);
  }
  expect_refused(ErrorCode::unsupported, "version 4", npy("{}", "", 4));
}

TEST_F(NpyRead, ColumnOrderAndBigEndianBecomeOurs) {
  const auto array = read(
      npy("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }", std::string("\0\1\0\4\0\2\0\5\0\3\0\6", 12)));
  EXPECT_THAT(array.values<std::int16_t>(), testing::ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(NpyRead, AnyByteButZeroIsTrue) {
  const auto array = read(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", std::string("\0\2\xff", 3)));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(array.bytes()[i], std::byte(i == 0 ? 0 : 1));
}

TEST_F(NpyRead, ObjectsAreRefusedByName) {
  expect_refused(ErrorCode::unsupported, "'|O': these are Python objects",
                 npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "\x80\x03."));
}

TEST_F(NpyRead, TypesThatCppLacksAreRefusedByName) {
  for (const char* type : {"<c8", "<M8[ns]", "|V8", "<f16", "<i3", "<f"})
    expect_refused(ErrorCode::unsupported, std::string("'") + type + "'",
                   npy(std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (0,), }", ""));
  expect_refused(ErrorCode::unsupported, "records",
                 npy("{'descr': [('t', '<f8')], 'fortran_order': False, 'shape': (0,), }", ""));
}

TEST_F(NpyRead, DamagedFilesAreNamedWithWhatWasExpected) {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  expect_refused(ErrorCode::damaged, "not an NPY file", "");
  expect_refused(ErrorCode::damaged, "not an NPY file", "PK\3\4 something else");
  expect_refused(ErrorCode::damaged, "ends before", npy(good, "").substr(0, 30));
  expect_refused(ErrorCode::damaged, "needs 8 bytes of values, but there are 7", npy(good, std::string(7, 'x')));
  expect_refused(ErrorCode::damaged, "needs 8 bytes of values, but there are 9", npy(good, std::string(9, 'x')));
  for (const char* header :
       {"", "{", "{}", "{'descr': '<f4', 'shape': (2,)}", "{'descr': '<f4', 'descr': '<f4', 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': 1, 'shape': (2,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': 2}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", "{'more': 1}",
        "{'descr': 'f', 'fortran_order': False, 'shape': (2,)}"})
    expect_refused(ErrorCode::damaged, "its NPY header", npy(header, std::string(8, 'x')));
}

TEST_F(NpyRead, ImpossibleShapesAskForNoMemory) {
  const auto with_shape = [](const std::string& shape) {
    return npy("{'descr': '<f8', 'fortran_order': False, 'shape': (" + shape + "), }", std::string(8, 'x'));
  };
  expect_refused(ErrorCode::damaged, "larger than any file", with_shape("4294967296, 4294967296"));
  expect_refused(ErrorCode::damaged, "larger than any file", with_shape("2305843009213693952,"));
  expect_refused(ErrorCode::damaged, "there are 8", with_shape("1099511627776,"));
  expect_refused(ErrorCode::damaged, "no length of a dimension", with_shape("99999999999999999999999,"));
}

TEST_F(NpyRead, WhatIsNotThereOrNoFile) {
  expect_error(ErrorCode::not_found, "nowhere.npy", [&] { read_npy(directory_ / "nowhere.npy"); });
  expect_error(ErrorCode::io, "opening the file", [&] { read_npy(directory_.path()); });
}

TEST_F(NpyRead, AnswersOnlyForTheTypeThatItHas) {
  const auto array = read(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", std::string(8, '\0')));
  expect_error(ErrorCode::wrong_type, "expected values of float64, got float32", [&] { array.values<double>(); });
  expect_error(ErrorCode::wrong_shape, "expected one number, got the shape (2,)", [&] { array.number(); });
  expect_error(ErrorCode::wrong_type, "expected text", [&] { array.text(); });
}

class NpzRead : public testing::Test {
 protected:
  void SetUp() override { write_npz(path(), {{"x", std::vector<float>(1000, 0.5F)}, {"id", "a"}}); }
  std::filesystem::path path() const { return directory_ / "a.npz"; }
  std::string bytes() const { return support::run_command("cat " + path().string()).output; }
  support::TemporaryDirectory directory_;
};

TEST_F(NpzRead, EveryFlippedBitIsFoundOrHarmless) {
  const auto whole = bytes();
  const auto x = NpzFile(path()).read("x"), id = NpzFile(path()).read("id");
  std::size_t found = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); bit += 5) {
    auto damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    write_file(path(), damaged);
    try {
      const NpzFile file(path());
      // A name of an array is protected by nothing: what is read under the right name must be right.
      if (file.contains("x")) {
        EXPECT_EQ(file.read("x"), x) << "bit " << bit;
      }
      if (file.contains("id")) {
        EXPECT_EQ(file.read("id"), id) << "bit " << bit;
      }
    } catch (const Error&) {
      ++found;
    }
  }
  EXPECT_GT(found, whole.size());
}

TEST_F(NpzRead, EveryShortenedFileIsRefused) {
  const auto whole = bytes();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_file(path(), whole.substr(0, length));
    EXPECT_THROW(NpzFile{path()}, Error) << length;
  }
}

TEST_F(NpzRead, NamesWhatIsMissing) {
  expect_error(ErrorCode::not_found, "there is no array 'y' in it", [&] { NpzFile(path()).read("y"); });
  expect_error(ErrorCode::not_found, "nowhere.npz", [&] { NpzFile(directory_ / "nowhere.npz"); });
  EXPECT_THAT(NpzFile(path()).names(), testing::ElementsAre("x", "id"));
}

/// Types that numpy reads and C++ does not have.
bool is_foreign(const json& array) {
  const auto dtype = array["dtype"].get<std::string>();
  return dtype.starts_with("complex") || dtype.starts_with("void") || dtype.starts_with("datetime") ||
         dtype.starts_with("timedelta") || dtype == "float128" || dtype == "longdouble";
}

/// \returns whether there was something to compare
bool expect_as_numpy(const std::string& path, const json& seen) {
  const auto read_ours = [&](const std::string& name) {
    return name.empty() ? read_npy(path) : NpzFile(path).read(name);
  };
  if (seen.contains("refused")) {
    EXPECT_THROW(path.ends_with(".npy") ? (void)read_npy(path) : (void)NpzFile(path).read_all(), Error)
        << path << ": numpy says " << seen["refused"];
    return true;
  }
  for (const auto& [name, array] : seen["arrays"].items()) {
    if (is_foreign(array)) {
      EXPECT_THROW(read_ours(name), Error) << path << " " << name;
    } else {
      EXPECT_EQ(described(read_ours(name)), array) << path << " " << name;
    }
  }
  return !seen["arrays"].empty();
}

TEST(NpyCorpus, IsReadAsNumpyReadsIt) {
  const char* const data = std::getenv("NEUROTAPE_TEST_DATA");
  if (data == nullptr) GTEST_SKIP() << "NEUROTAPE_TEST_DATA is not set";
  if (!support::have_python()) GTEST_SKIP() << "no python3 with numpy";
  std::vector<std::string> paths;
  for (const char* folder : {"npy_corpus", "rl_episodes", "eeg"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(data) / folder))
      if (entry.path().extension() == ".npy" || entry.path().extension() == ".npz") paths.push_back(entry.path());
  ASSERT_GT(paths.size(), 50U);
  const auto seen = read_by_numpy(paths);
  std::size_t compared = 0;
  for (const auto& path : paths) compared += expect_as_numpy(path, seen[path]) ? 1 : 0;
  EXPECT_GT(compared, 50U);
}

}  // namespace
}  // namespace neurotape::npz
