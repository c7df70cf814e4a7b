#include <algorithm>
#include <array>
#include <hdf5_hl.h>

#include "bench/peers/columns.hpp"
#include "bench/peers/hdf5_calls.hpp"

namespace neurotape::bench {
namespace {

Hdf5Id row_type(const Column& column) {
  const std::array<hsize_t, 1> width{column.width};
  const hid_t element = hdf5_type(column.dtype);
  return Hdf5Id(column.width == 1 ? H5Tcopy(element) : H5Tarray_create2(element, 1, width.data()));
}

class PacketTables : public Sink {
 public:
  PacketTables(const Job& job, const std::filesystem::path& directory, const std::string& filters)
      : workload_(job.workload), file_(create_hdf5(directory / "peer.h5")) {
    for (const Column& column : columns_of(job)) {
      const Hdf5Id creation = creation_properties({column.chunk_rows}, hdf5_filters(filters));
      // A packet table has no name with groups in it.
      std::string name = column.name;
      std::replace(name.begin(), name.end(), '/', ':');
      tables_.emplace_back(H5PTcreate(file_, name.c_str(), row_type(column), column.chunk_rows, creation));
      row_bytes_.push_back(column.row_bytes);
    }
  }

  void record(std::int64_t t, std::size_t step) override {
    for_each_piece(*workload_, t, step, timesteps_, [this](std::size_t column, auto bytes) {
      if (!bytes.empty()) check_hdf5(H5PTappend(tables_[column], bytes.size() / row_bytes_[column], bytes.data()));
    });
  }
  void close() override {
    for (const hid_t table : tables_) check_hdf5(H5PTclose(table));
    Hdf5Id(std::move(file_));
  }

 private:
  std::shared_ptr<const Workload> workload_;
  Hdf5Id file_;
  std::vector<hid_t> tables_;
  std::vector<std::size_t> row_bytes_;
  std::vector<std::int64_t> timesteps_;
};

}  // namespace

MakeSink packet_table(const std::string& filters) {
  return [filters](const Job& job, const std::filesystem::path& directory) {
    return std::make_unique<PacketTables>(job, directory, filters);
  };
}

}  // namespace neurotape::bench
