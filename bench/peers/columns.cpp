#include "bench/peers/columns.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace neurotape::bench {
namespace {

std::uint64_t chunk_rows(const Job& job, const Series& series, std::size_t row_bytes) {
  const double passes = static_cast<double>(job.steps) / static_cast<double>(job.workload->steps());
  const auto expected = static_cast<std::uint64_t>(std::ceil(static_cast<double>(series.rows()) * passes));
  return std::clamp<std::uint64_t>(kPeerChunkBytes / row_bytes, 1, std::max<std::uint64_t>(expected, 1));
}

class BatchingSink : public Sink {
 public:
  BatchingSink(const Job& job, const std::filesystem::path& directory, const MakeStore& make)
      : workload_(job.workload),
        columns_(columns_of(job)),
        batches_(columns_.size()),
        store_(make(columns_, directory)) {
    for (std::size_t i = 0; i < columns_.size(); ++i) batches_[i].rows.reserve(chunk_bytes(i));
  }

  void record(std::int64_t t, std::size_t step) override {
    for_each_piece(*workload_, t, step, timesteps_, [this](std::size_t column, auto bytes) { append(column, bytes); });
  }
  void close() override {
    for (std::size_t i = 0; i < columns_.size(); ++i) write(i);
    store_->close();
  }

 private:
  struct Batch {
    std::vector<std::byte> rows;
    std::uint64_t written = 0;
  };

  std::size_t chunk_bytes(std::size_t column) const { return columns_[column].chunk_rows * columns_[column].row_bytes; }

  void append(std::size_t column, std::span<const std::byte> bytes) {
    auto& rows = batches_[column].rows;
    while (!bytes.empty()) {
      const std::size_t count = std::min(chunk_bytes(column) - rows.size(), bytes.size());
      rows.insert(rows.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
      bytes = bytes.subspan(count);
      if (rows.size() == chunk_bytes(column)) write(column);
    }
  }

  void write(std::size_t column) {
    auto& [rows, written] = batches_[column];
    if (rows.empty()) return;
    const std::uint64_t count = rows.size() / columns_[column].row_bytes;
    store_->write(column, written, rows);
    written += count;
    rows.clear();
    rows.reserve(chunk_bytes(column));
  }

  std::shared_ptr<const Workload> workload_;
  std::vector<Column> columns_;
  std::vector<Batch> batches_;
  std::vector<std::int64_t> timesteps_;
  std::unique_ptr<Store> store_;
};

}  // namespace

std::vector<Column> columns_of(const Job& job) {
  std::vector<Column> columns;
  for (const Series& series : job.workload->series) {
    columns.push_back({series.name + "/timesteps", Dtype::i64, 1, 8, chunk_rows(job, series, 8)});
    for (const Field& field : series.fields)
      columns.push_back({series.name + "/" + field.name, field.dtype, field.width, field.row_bytes(),
                         chunk_rows(job, series, field.row_bytes())});
  }
  return columns;
}

MakeSink batched(MakeStore make) {
  return [make = std::move(make)](const Job& job, const std::filesystem::path& directory) {
    return std::make_unique<BatchingSink>(job, directory, make);
  };
}

}  // namespace neurotape::bench
