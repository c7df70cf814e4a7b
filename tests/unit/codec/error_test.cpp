#include "neurotape/error.hpp"

#include <gtest/gtest.h>

namespace neurotape {
namespace {

TEST(Error, IsItsMessageWhereThereIsNoContext) {
  const Error error(ErrorCode::io, "the disk is full");
  EXPECT_STREQ(error.what(), "the disk is full");
  EXPECT_EQ(error.code(), ErrorCode::io);
}

TEST(Error, SaysWhereInOneLine) {
  const Error error(
      ErrorCode::wrong_shape, "expected 10 values, got 9",
      {.experiment = "cartpole", .episode = "episode_0003", .stream = "neural_states/v", .timestep = 12, .path = {}});
  EXPECT_STREQ(error.what(),
               "stream 'neural_states/v', timestep 12: expected 10 values, got 9 "
               "(experiment 'cartpole', episode 'episode_0003')");
}

TEST(Error, LeavesOutWhatIsNotSet) {
  ErrorContext at_path;
  at_path.path = "/data/run";
  EXPECT_STREQ(Error(ErrorCode::not_found, "no such run", at_path).what(), "no such run (path '/data/run')");

  ErrorContext at_timestep;
  at_timestep.timestep = 0;
  EXPECT_STREQ(Error(ErrorCode::timestep_order, "goes back", at_timestep).what(), "timestep 0: goes back");
}

TEST(Error, StaysOneLineWhateverItIsMadeOf) {
  ErrorContext context;
  context.stream = "a\nb";
  EXPECT_STREQ(Error(ErrorCode::io, "first\nsecond\tthird", context).what(), "stream 'a b': first second third");
}

TEST(Error, KeepsItsContextUnchanged) {
  ErrorContext context;
  context.experiment = "e";
  context.timestep = -3;
  const Error error(ErrorCode::io, "x", context);
  EXPECT_EQ(error.context().experiment, "e");
  EXPECT_EQ(error.context().timestep, -3);
  EXPECT_EQ(error.context().stream, "");
}

TEST(Error, IsCaughtAsARuntimeError) { EXPECT_THROW(throw Error(ErrorCode::closed, "closed"), std::runtime_error); }

}  // namespace
}  // namespace neurotape
