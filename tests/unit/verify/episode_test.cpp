#include "invariant.hpp"

namespace neurotape::verification {
namespace {

class InvariantOfEpisode : public Invariant {};

TEST_P(InvariantOfEpisode, IsChecked) { expect_told(recorded()); }

INSTANTIATE_TEST_SUITE_P(
    Rows, InvariantOfEpisode,
    testing::Values(
        Case{"ColumnsAreEquallyLong",
             {{"resize", kOwn, at("values"), "5000"}},
             {kOwn, "episode_0000", kVoltage, "values", "5000 rows"}},
        Case{"ChunksAreWritten",
             {{"resize", kOwn, at("values"), "5120", "5988"}},
             {kVoltage, "values chunk 80", "never written"}},
        Case{"FinishedChunksHaveChecksums",
             {{"raw_chunk", kOwn, at("values"), "128"}},
             {"values chunk 2 timesteps 129..192", "without its checksum"}},
        Case{"DenseTimestepsAscend",
             {{"put", kOwn, at("timesteps"), "100", "3"}},
             {kVoltage, "timesteps 3..3", "timestep 3 comes behind timestep 100"}},
        Case{"DenseTimestepsAreUnique",
             {{"put", kOwn, at("timesteps"), "100", "100"}},
             {kVoltage, "timestep 100 comes behind timestep 100"}},
        Case{"SparseTimestepsAscend",
             {{"put", kOwn, "spikes/exc/timesteps", "50", "1"}},
             {"spikes/exc", "timestep 1 comes behind timestep 16"}},
        Case{"UnsortedStreamsSaySo",
             {{"set_number", kOwn, "spikes/late", "sorted", "1"}},
             {"spikes/late", "timestep 50 comes behind timestep 100"}},
        Case{"EveryIsKept",
             {{"put", kOwn, "neural_states/chosen/timesteps", "3", "31"}},
             {"neural_states/chosen", "timesteps 31..31", "every 10"}},
        Case{"ColumnsAreThere", {{"delete", kOwn, "spikes/exc/neuron_ids"}}, {"spikes/exc neuron_ids", "missing"}},
        Case{"TimestepsAreThere", {{"delete", kOwn, "rewards/timesteps"}}, {"rewards", "'timesteps' is missing"}},
        Case{"ColumnsHaveTheirTypes",
             {{"replace", kOwn, "rewards/values", "float32", "858", "fletcher32"}},
             {"rewards values", "float32", "float64"}},
        Case{"ColumnsAreInChunks",
             {{"replace", kOwn, "rewards/values", "float64", "858"}},
             {"rewards values", "not stored in chunks"}},
        Case{"FiltersHaveChecksums",
             {{"replace", kOwn, "rewards/values", "float64", "858", "shuffle"}},
             {"rewards values", "none of its filters"}},
        Case{"FiltersAreTheCodecs",
             {{"set_text", kOwn, kVoltage, "codec", "lzf"}},
             {kVoltage, "filters are not those of its codec"}},
        Case{"SelectedColumnsAreAsMany",
             {{"replace", kOwn, "neural_states/chosen/columns", "uint64", "3"}},
             {"neural_states/chosen columns", "3 columns", "2 values"}},
        Case{"SelectedColumnsAreNumbers",
             {{"replace", kOwn, "neural_states/chosen/columns", "float64", "2"}},
             {"neural_states/chosen columns", "float64"}},
        Case{"StreamsAreOfThisFile", {{"link", kOwn, kVoltage, "/spikes/exc"}}, {kVoltage, "not a group of this file"}},
        Case{"EventsAreJson",
             {{"put", kOwn, "events/data", "5", "255"}},
             {"events data_end", "timesteps 0..0", "event 0", "not JSON"}},
        Case{"EventsEndInOrder",
             {{"put", kOwn, "events/data_end", "1", "1000000"}},
             {"events data_end", "event 1", "1000000"}},
        Case{"EventsUseAllBytes", {{"resize", kOwn, "events/data", "100000"}}, {"events data", "100000 bytes"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Tables, InvariantOfEpisode,
    testing::Values(
        Case{"ChunkIndexHasTheTimesteps",
             {{"put_field", kOwn, at("chunk_index"), "2", "last_timestep", "9999"}},
             {"chunk_index", "timesteps 129..192", "record 2 says timesteps 129 to 9999"}},
        Case{"ChunkIndexHasTheRows",
             {{"put_field", kOwn, at("chunk_index"), "2", "rows", "63"}},
             {"chunk_index chunk 2", "63 rows"}},
        Case{"ChunkIndexIsThere", {{"delete", kOwn, at("chunk_index")}}, {kVoltage, "chunk_index", "0 records"}},
        Case{"GapsLieBetweenRows",
             {{"put_field", kOwn, "gaps", "0", "first_timestep", "78"},
              {"put_field", kOwn, "gaps", "0", "last_timestep", "78"}},
             {kVoltage, "gaps timesteps 78..78", "1 rows were lost", "1 are there"}},
        Case{"GapsHaveRoomForTheirRows",
             {{"put_field", kOwn, "gaps", "0", "rows", "2"}},
             {kVoltage, "gaps timesteps 77..77", "2 rows were lost"}},
        Case{"GapsHaveRows", {{"put_field", kOwn, "gaps", "0", "rows", "0"}}, {"gaps", "no rows were lost"}},
        Case{"GapsHaveCauses", {{"put_field", kOwn, "gaps", "0", "cause", "\"bad luck\""}}, {"gaps", "'bad luck'"}},
        Case{"GapsBeginBeforeTheyEnd",
             {{"put_field", kOwn, "gaps", "0", "first_timestep", "80"}},
             {"gaps", "begins with timestep 80 and ends with 77"}},
        Case{"GapsAreOfStreams",
             {{"put_field", kOwn, "gaps", "0", "stream", "\"spikes/none\""}},
             {"gaps", "'spikes/none'"}},
        Case{"CommitsAreInOrder",
             {{"put_field", kOwn, "commits", "-1", "number", "0"}},
             {"commits", "commit 0 comes behind commit"}},
        Case{"CommitsNeverTakeBack", {{"put_field", kOwn, "commits", "-1", "rows", "0"}}, {"commits", "has 0 rows"}},
        Case{"CommitsNameStreams", {{"put_field", kOwn, "commits", "-1", "stream", "99"}}, {"commits", "no stream 99"}},
        Case{"CommitsNameAStreamOnce",
             {{"put_field", kOwn, "commits", "-1", "stream", "0"}, {"put_field", kOwn, "commits", "-2", "stream", "0"}},
             {"commits", "stream 0 twice"}},
        Case{"CommittedRowsHaveTheirChecksum",
             {{"put_field", kOwn, "commits", "-1", "open_rows_xxh3", "1"}},
             {"episode_0000", "checksum in 'commits' is another"}},
        Case{"SegmentsHaveNoCommits",
             {{"copy", kSegment, "episode_0001/rewards/values", "episode_0001/commits"}},
             {kSegment, "episode_0001 commits", "has none"}}),
    name_of);

class InvariantOfUnfinished : public Invariant {};

TEST_P(InvariantOfUnfinished, IsChecked) {
  const auto run = killed();
  recover(run);
  expect_told(run);
}

INSTANTIATE_TEST_SUITE_P(Rows, InvariantOfUnfinished,
                         testing::Values(Case{"CommittedRowsAreThere",
                                              {{"resize", kOwn, at("values"), "2000"}},
                                              {kVoltage, "values", "2994 rows were committed"}},
                                         Case{"CommittedRowsHaveTheirChecksum",
                                              {{"put_field", kOwn, "commits", "-1", "open_rows_xxh3", "1"}},
                                              {"episode_0000", "checksum in 'commits' is another"}},
                                         Case{"FinishedChunksHaveChecksums",
                                              {{"raw_chunk", kOwn, at("values"), "128"}},
                                              {"values chunk 2", "without its checksum"}},
                                         Case{"UnsortedStreamsSaySo",
                                              {{"set_number", kOwn, "spikes/late", "sorted", "1"}},
                                              {"spikes/late", "timestep 50 comes behind timestep 100"}}),
                         name_of);

}  // namespace
}  // namespace neurotape::verification
