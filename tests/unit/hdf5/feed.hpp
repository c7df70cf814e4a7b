#pragma once
/// \file
/// What the recorder does to a sink, with rows that can be computed: `expected.py` computes the same.

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "recorder/backend.hpp"

namespace neurotape::testing {

/// No filters at all.
class PlainCodecs final : public CodecLibrary {
 public:
  std::unique_ptr<Encoder> make_encoder(const Codec&, std::size_t) const override { return std::make_unique<Copy>(); }
  std::vector<Filter> filters(const Codec&, std::size_t, std::size_t) const override { return {}; }

 private:
  struct Copy final : Encoder {
    std::size_t bound(std::size_t raw_bytes) const override { return raw_bytes; }
    Encoded encode(std::span<const std::byte> raw, std::span<std::byte> out) const override {
      std::copy(raw.begin(), raw.end(), out.begin());
      return {raw.size(), 0};
    }
  };
};

/// One stream of an episode.
class Feed {
 public:
  Feed(StreamId id, StreamSpec spec, std::uint64_t chunk_rows, const CodecLibrary& codecs, Codec codec = Codec::none());

  Feed& declare(EpisodeSink& sink, std::int64_t final_rows = -1);
  /// The next rows: finished chunks encoded, the rest as open rows unless `hold_back`.
  void push(EpisodeSink& sink, std::uint64_t rows, bool hold_back = false);
  /// The last chunk, encoded, and the end of the stream.
  void end(EpisodeSink& sink);
  CommittedRows committed() const { return {id_, rows_, 0x1234 + rows_}; }
  std::uint64_t rows() const { return rows_; }
  StreamLayout& layout() { return layout_; }

  std::vector<std::byte> raw(std::size_t column, std::uint64_t first, std::uint64_t count) const;

 private:
  void push_column(EpisodeSink& sink, std::uint32_t column, std::uint64_t end, bool hold_back);
  void write_whole(EpisodeSink& sink, std::uint32_t column, std::uint64_t chunk, std::uint64_t rows);

  StreamId id_;
  StreamSpec spec_;
  StreamLayout layout_;
  std::vector<std::unique_ptr<Encoder>> encoders_;
  std::vector<std::uint64_t> pushed_;  // of each column
  std::uint64_t rows_ = 0;
};

StreamSpec dense(std::string path, std::vector<std::uint64_t> shape, Dtype dtype = Dtype::f32);
StreamSpec spikes(std::string population);
StreamSpec rewards();
StreamSpec events();
StreamSpec event_bytes();

EpisodeInfo episode(std::uint64_t number);
EpisodeEnd complete();

/// A whole small episode: `rows` rows in a dense stream and in the rewards.
void record_small(Backend& backend, std::uint64_t number, std::uint64_t rows, bool commit_within = false);

}  // namespace neurotape::testing
