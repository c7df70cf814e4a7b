#include "exchange/network.hpp"

namespace neurotape::exchange {

NetworkColumns read_columns(const NetworkTable& table) {
  NetworkColumns columns;
  columns.reserve(table.columns().size());
  for (const auto& column : table.columns())
    visit_dtype(column.dtype, [&]<class T>(T) {
      const auto values = table.column<T>(column.name);
      columns.emplace_back(column.name, NpyArray(NpzValue(values)));
    });
  return columns;
}

void read_rows(const NetworkTable& table, RowSink& sink) {
  const auto columns = read_columns(table);
  sink.begin({table.names(), columns.size()});
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (const auto& column : columns)
      visit_dtype(column.second.dtype(), [&]<class T>(T) { put_number(sink, column.second.values<T>()[row]); });
    if (!sink.end_row()) break;
  }
  sink.end();
}

}  // namespace neurotape::exchange
