#include "golden.hpp"

namespace neurotape {
namespace {

using DamageTest = LoaderTest;

TEST_F(DamageTest, AFlippedBitIsFoundAndItsChunkNamed) {
  const Golden files("damaged");
  for (const std::string codec : {"none", "gzip", "lzf", "blosc:lz4:1"}) {
    SCOPED_TRACE(codec);
    const auto stream = files.episode().neural_state<float>(codec);
    expect_error(ErrorCode::damaged, {"neural_states/" + codec, "chunk 3 of", "rows 96 to 127", "episode_0000.h5"},
                 [&] { stream.all(); });
    EXPECT_EQ(stream.rows(0, 96).size(), 96u) << "other chunks are as they were";
    EXPECT_EQ(stream.rows(128, 192).size(), 192u);
    expect_error(ErrorCode::damaged, {"chunk 3 of"}, [&] { stream.rows(100, 1); });
    expect_error(ErrorCode::damaged, {"chunk 3 of"}, [&] { stream.columns({0}).all(); });
    expect_error(ErrorCode::damaged, {"chunk 3 of"}, [&] {
      for (const auto& part : stream.chunks(1024)) ASSERT_FALSE(part.empty());
    });
  }
}

TEST_F(DamageTest, AChunkThatWasNeverWrittenIsNotReadAsZeros) {
  const Golden files("damaged");
  const auto stream = files.episode().neural_state<float>("missing");
  EXPECT_EQ(stream.rows(0, 32).size(), 32u);
  expect_error(ErrorCode::damaged, {"chunk 1 of", "never written"}, [&] { stream.all(); });
}

TEST_F(DamageTest, SizesThatCannotBeAreRefusedBeforeMemoryIsTaken) {
  const Golden files("damaged");
  const auto episode = files.episode();
  expect_error(ErrorCode::damaged, {"chunk 0", "size"}, [&] { episode.neural_state<float>("short_raw").all(); });
  expect_error(ErrorCode::damaged, {"neural_states/uneven", "64 to 65"},
               [&] { episode.neural_state<float>("uneven"); });
  expect_error(ErrorCode::damaged, {"neural_states/absurd"}, [&] { episode.neural_state<float>("absurd"); });
  const auto claims = episode.neural_state<std::int64_t>("claims");
  expect_error(ErrorCode::damaged, {"neural_states/claims", "claims"}, [&] { claims.all(); });
  expect_error(ErrorCode::damaged, {"neural_states/claims"}, [&] { claims.timesteps(); });
  expect_error(ErrorCode::unsupported, {"2147483648 bytes"}, [&] { episode.neural_state<double>("big_chunks"); });
}

TEST_F(DamageTest, WhatIsMissingOrOfTheWrongKindIsNamed) {
  const Golden files("damaged");
  const auto episode = files.episode();
  expect_error(ErrorCode::damaged, {"'values' is missing"}, [&] { episode.neural_state<float>("no_values"); });
  expect_error(ErrorCode::damaged, {"timesteps", "text of 1 bytes"}, [&] { episode.spikes("text_times"); });
  expect_error(ErrorCode::damaged, {"event 1", "JSON"}, [&] { episode.events(); });
  expect_error(ErrorCode::unsupported, {"other files"}, [&] { episode.neural_state<double>("virtual"); });
  expect_error(ErrorCode::not_found, {"neural_states/linked"}, [&] { episode.neural_state<double>("linked"); });
}

TEST_F(DamageTest, NothingIsPrinted) {
  const Golden files("damaged");
  testing::internal::CaptureStderr();
  error_of([&] { files.episode().neural_state<float>("none").all(); });
  error_of([&] { Run(files / "none.h5"); });
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace neurotape
