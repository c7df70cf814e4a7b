#pragma once
/// \file
/// An episode as one figure: raster, traces, behavior, rewards, events, and the learning curve of its run.

#include <cstdint>
#include <neurotape/run.hpp>
#include <optional>
#include <string>

namespace neurotape::exchange {

struct PlotOptions {
  std::string format = "png";  ///< "png", "svg", "pdf"; "text" for a terminal
  std::optional<std::int64_t> from = {};
  std::optional<std::int64_t> to = {};
  std::size_t most_neurons = 100;     ///< of each population, evenly chosen; the others are not drawn
  std::size_t most_traces = 5;        ///< of each dense stream
  std::size_t most_points = 2000;     ///< of each trace: of more rows, the least and the largest value of pieces
  unsigned columns = 100, rows = 40;  ///< of a terminal
};

struct Plot {
  std::string picture;  ///< bytes of the file, or text
  std::size_t panels = 0;
  std::uint64_t spikes = 0;  ///< drawn
  std::uint64_t points = 0;  ///< of traces and curves, drawn
  std::uint64_t events = 0;  ///< drawn
};

/// Drawn by gnuplot.
/// \throws Error unsupported (there is no gnuplot), not_found (nothing to draw), io, and what reading throws
Plot plot(const Run& run, const EpisodeReader& episode, const PlotOptions& options);

}  // namespace neurotape::exchange
