// Episodes in all codecs, through the backend that experiments use; h5py and its filters decode them.

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <hdf5.h>

#include "fixture.hpp"
#include "neurotape/error.hpp"

namespace neurotape::testing {
namespace {

class Codecs : public Hdf5Test, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Hdf5Test::SetUp();
    backend_ = neurotape::create_run(parent_.path(), {.name = "codecs", .dt = 0, .dt_unit = ""});
    path_ = backend_->path();
  }
  Codec codec() const { return Codec::parse(GetParam()); }
  Feed feed(StreamId id, StreamSpec spec, std::uint64_t chunk_rows) {
    return Feed(id, std::move(spec), chunk_rows, backend_->codecs(), codec());
  }
};

TEST_P(Codecs, AreReadWhileAndAfterRecording) {
  auto sink = backend_->start_episode(episode(0));
  auto v = feed(0, dense("neural_states/v", {1000}), 32);
  auto s = feed(1, spikes("x"), 4096);
  auto b = feed(2, dense("behavior/flags", {5}, Dtype::boolean), 64);
  auto e = feed(3, events(), 8);
  auto d = feed(4, event_bytes(), 4096);
  std::vector<Feed*> all = {&v, &s, &b, &e, &d};
  for (auto* each : all) each->declare(*sink);
  for (int i = 0; i < 30; ++i) {
    v.push(*sink, 75);
    s.push(*sink, 10'000);
    b.push(*sink, 33);
    e.push(*sink, 3);
    d.push(*sink, 1000);
    std::vector<CommittedRows> rows;
    for (auto* each : all) rows.push_back(each->committed());
    sink->commit(rows);
    backend_->commit();
    if (i != 15) continue;
    python(
        "f = h5.File('episodes/episode_0000.h5', 'r')\nc = committed(f)\nassert c[0] == 1200\n"
        "same(f['neural_states/v/values'], c[0], True); same(f['spikes/x/neuron_ids'], c[1], True)\n"
        "same(f['behavior/flags/values'], c[2], True); same(f['events/types'], c[3], True)\n"
        "same(f['events/data'], c[4], True)\n");
  }
  sink->finishing(UINT64_MAX);
  for (auto* each : all) each->end(*sink);
  sink->finish(complete());
  sink.reset();
  close_run();
  python(
      "e = h5.File('experiment_data.h5', 'r')['episodes/episode_0000']\n"
      "for n, c in (('neural_states/v/timesteps', 2250), ('neural_states/v/values', 2250), ('spikes/x/timesteps', "
      "300000),\n"
      "  ('spikes/x/neuron_ids', 300000), ('behavior/flags/values', 990), ('events/types', 90), ('events/data_end', "
      "90),\n"
      "  ('events/data', 30000)): same(e[n], c)\n");
}

TEST_P(Codecs, AreReadInSegments) {
  for (std::uint64_t number = 0; number < 3; ++number) {
    auto sink = backend_->start_episode(episode(number));
    auto v = feed(0, dense("neural_states/v", {10}), number == 0 ? 100 : 32);
    auto r = feed(1, rewards(), 64);
    v.declare(*sink, 100);
    r.declare(*sink, 0);
    if (number == 2) {
      v.push(*sink, 50);
      sink->commit(std::vector{v.committed()});
      backend_->commit();
    }
    sink->finishing(5000);
    v.push(*sink, 100 - v.rows(), true);
    v.end(*sink);
    r.end(*sink);
    sink->finish(complete());
  }
  close_run();
  python(
      "segments = sorted(Path('episodes').glob('segment_*.h5'))\nassert len(segments) == 1\n"
      "f = h5.File(segments[0], 'r')\nassert len(f) == 3\n"
      "for e in f.values():\n"
      "  same(e['neural_states/v/timesteps'], 100); same(e['neural_states/v/values'], 100); same(e['rewards/values'], "
      "0)\n");
}

INSTANTIATE_TEST_SUITE_P(Each, Codecs,
                         ::testing::Values("none", "gzip:1", "gzip:6", "lzf", "blosc:lz4:5", "blosc:zstd:3:bit"),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::erase(name, ':');
                           return name;
                         });

TEST_F(Hdf5Test, FiltersAreThoseOfTheLayout) {
  backend_ = neurotape::create_run(parent_.path(), {.name = "codecs", .dt = 0, .dt_unit = ""});
  path_ = backend_->path();
  auto sink = backend_->start_episode(episode(0));
  StreamId id = 0;
  for (const char* codec : {"none", "gzip:4", "lzf", "blosc:lz4:5"}) {
    auto name = fmt::format("neural_states/{}", codec);
    std::replace(name.begin(), name.end(), ':', '_');
    Feed v(id++, dense(name, {10}), 64, backend_->codecs(), Codec::parse(codec));
    v.declare(*sink).push(*sink, 64);
  }
  sink->commit(std::vector{CommittedRows{0, 64, 0}});
  backend_->commit();
  python(R"(
f = h5.File('episodes/episode_0000.h5', 'r')
def filters(name):
    p = f['neural_states/' + name + '/values'].id.get_create_plist()
    return [p.get_filter(i) for i in range(p.get_nfilters())]
ids = lambda name: [x[0] for x in filters(name)]
assert ids('none') == [3] and ids('gzip_4') == [2, 1] and ids('lzf') == [2, 32000, 3] and ids('blosc_lz4_5') == [32001, 3]
assert filters('gzip_4')[1][2] == (4,), filters('gzip_4')
optional = lambda name, i: filters(name)[i][1] & 1
assert optional('lzf', 1) and optional('blosc_lz4_5', 0)
)");
}

/// A chunk whose encoded size is that of the raw one must not be written over committed rows.
TEST_F(Hdf5Test, EncodedChunksNeverOverwriteOpenRows) {
  create_run();
  auto sink = backend_->start_episode(episode(0));
  Feed v(0, dense("neural_states/v", {256}), 16, backend_->codecs());
  v.layout().columns[1].filters = {{1, false, {1}}};  // deflate
  v.declare(*sink);
  const auto raw = v.raw(1, 0, 16);
  sink->write_open_rows({0, 0, 0, 0, 10}, v.raw(0, 0, 10));
  sink->write_open_rows({0, 1, 0, 0, 10}, std::span(raw).first(10 * 1024));
  sink->commit(std::vector{CommittedRows{0, 10, 0}});
  backend_->commit();
  python(
      "import zlib\n"
      "d = h5.File('episodes/episode_0000.h5', 'r')['neural_states/v/values']\n"
      "i = d.id.get_chunk_info(0)\nassert i.filter_mask == 1 and i.size == 16384\n"
      "open('place', 'w').write(str(i.byte_offset))\n"
      "z = zlib.compress(rows(d, 16).tobytes())\n"  // inflate ends where the stream does and ignores what follows
      "assert len(z) < 16384\nopen('encoded', 'wb').write(z + bytes(16384 - len(z)))\n");
  std::vector<std::byte> encoded(16384);
  auto* file = std::fopen((path_ / "encoded").c_str(), "rb");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(std::fread(encoded.data(), 1, encoded.size(), file), encoded.size());
  std::fclose(file);
  sink->write_chunk({0, 1, 0, 0, 16}, encoded, 0);
  sink->write_chunk({0, 0, 0, 0, 16}, v.raw(0, 0, 16), 0);
  sink->commit(std::vector{CommittedRows{0, 16, 0}});
  backend_->commit();
  python(
      "d = h5.File('episodes/episode_0000.h5', 'r')['neural_states/v/values']\n"
      "same(d, 16)\ni = d.id.get_chunk_info(0)\nplace = int(open('place').read())\n"
      "assert i.filter_mask == 0 and i.size == 16384 and i.byte_offset != place\n"
      "f = open('episodes/episode_0000.h5', 'rb')\nf.seek(place)\n"
      "assert f.read(10240) == rows(d, 10).tobytes()\n");
}

TEST_F(Hdf5Test, ErrorsNameTheFileAndHdf5sReasonAndPrintNothing) {
  create_run();
  std::filesystem::remove_all(path_ / "episodes");
  auto sink = backend_->start_episode(episode(0));
  Feed v(0, dense("neural_states/v", {4}), 16, backend_->codecs());
  v.declare(*sink);
  ::testing::internal::CaptureStderr();
  std::string what;
  try {
    v.push(*sink, 5);
  } catch (const Error& error) {
    what = error.what();
    EXPECT_EQ(error.code(), ErrorCode::io);
    EXPECT_EQ(error.context().path, path_ / "episodes/.episode_0000.h5");
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_NE(what.find("creating the file"), std::string::npos) << what;
  EXPECT_NE(what.find("No such file or directory"), std::string::npos) << what;
  H5E_auto2_t function = nullptr;
  void* data = nullptr;
  H5Eget_auto2(H5E_DEFAULT, &function, &data);
  EXPECT_NE(function, nullptr) << "HDF5 stays silent for the rest of the program";
}

}  // namespace
}  // namespace neurotape::testing
