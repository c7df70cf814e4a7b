#include <algorithm>
#include <memory>
#include <span>

#include "exchange/import/csv_streams.hpp"

namespace neurotape::exchange {
namespace {

/// A column while its table is read row by row.
class Column {
 public:
  virtual ~Column() = default;
  virtual void add(const CsvTable& table) = 0;
  virtual NpyArray values() const = 0;
};

template <class T>
class ColumnOf final : public Column {
 public:
  explicit ColumnOf(std::size_t number) : number_(number) {}
  void add(const CsvTable& table) override {
    if (count_ == values_.size()) values_ = grown();
    values_[count_++] = table.number<T>(number_);
  }
  NpyArray values() const override { return NpyArray(NpzValue(std::span(values_.data(), count_))); }

 private:
  Array<T> grown() const {
    Array<T> larger(std::max<std::size_t>(1024, 2 * count_));
    std::copy(values_.begin(), values_.end(), larger.begin());
    return larger;
  }

  std::size_t number_, count_ = 0;
  Array<T> values_;
};

std::vector<Dtype> types_of(const CsvTable& table, const std::filesystem::path& file,
                            const std::map<std::string, Dtype>& types) {
  std::vector<ColumnSurvey> looks;
  std::vector<Dtype> all;
  for (std::size_t i = 0; i < table.columns(); ++i) {
    const auto found = types.find(table.names()[i]);
    if (found == types.end() && looks.empty()) looks = survey(file);
    all.push_back(found == types.end() ? looks[i].dtype() : found->second);
  }
  return all;
}

}  // namespace

NetworkColumns read_network_table(const std::filesystem::path& file, const std::map<std::string, Dtype>& types) {
  CsvTable table(file);
  std::vector<std::unique_ptr<Column>> columns;
  for (const auto dtype : types_of(table, file, types))
    visit_dtype(dtype, [&]<class T>(T) { columns.push_back(std::make_unique<ColumnOf<T>>(columns.size())); });
  while (table.next())
    for (const auto& column : columns) column->add(table);
  NetworkColumns all;
  for (std::size_t i = 0; i < columns.size(); ++i) all.emplace_back(table.names()[i], columns[i]->values());
  return all;
}

}  // namespace neurotape::exchange
