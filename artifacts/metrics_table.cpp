#include "artifacts/metrics_file.hpp"

namespace neurotape {

MetricsTable::MetricsTable(const std::filesystem::path& path, const MetricsOptions& options, const StandAlone& how)
    : file_(std::make_shared<detail::MetricsFile>(path, options, artifacts::crew_of_caller(how))) {}
MetricsTable::MetricsTable(std::shared_ptr<detail::MetricsFile> file) : file_(std::move(file)) {}
MetricsTable::MetricsTable(MetricsTable&&) noexcept = default;
MetricsTable& MetricsTable::operator=(MetricsTable&&) noexcept = default;
MetricsTable::~MetricsTable() = default;

void MetricsTable::append(std::span<const NamedCell> row) { file_->append(row); }
void MetricsTable::flush() { file_->flush(); }
const std::filesystem::path& MetricsTable::path() const noexcept { return file_->path(); }
std::vector<Column> MetricsTable::columns() const { return file_->columns(); }
std::uint64_t MetricsTable::rows() const { return file_->rows(); }
std::uint64_t MetricsTable::removed_bytes() const noexcept { return file_->removed_bytes(); }

}  // namespace neurotape
