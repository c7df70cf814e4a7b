#pragma once
/// \file
/// Tidying a run whose recording was cut off, looking at files of unknown origin first, checking that a run is whole, and
/// making one file of a run, and runs of files.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "neurotape/error.hpp"
#include "neurotape/options.hpp"
#include "neurotape/run.hpp"

namespace neurotape {

/// An episode whose recording was cut off.
struct RecoveredEpisode {
  struct Rows {
    std::uint64_t kept = 0;         ///< committed, and there in all columns
    std::uint64_t uncommitted = 0;  ///< in the file behind them; the loader does not show them
    std::uint64_t missing = 0;      ///< committed, and not there in some column: from row `kept` on
  };
  std::string id;                       ///< "episode_0003"
  std::string file;                     ///< in the directory of the run
  std::map<std::string, Rows> streams;  ///< by path; "stream_id 7" where nothing is left of one
  std::uint64_t bytes_freed = 0;        ///< of the space that was reserved for more
  bool commit_repeated = false;         ///< the journal had a commit of it that may have been cut off
};

struct RecoveryReport {
  std::filesystem::path run;                ///< what was tidied: the run, or its copy
  std::vector<RecoveredEpisode> recovered;  ///< by number
  std::vector<std::string> removed;         ///< files that no commit had named
  std::vector<std::string> unreadable;      ///< files left alone, with the reason
  std::vector<Error> missing;               ///< `damaged`: a stream whose committed rows are not all there
  std::uint64_t episodes = 0;               ///< in the run, all in all
};

/// Tidies a run whose recording process died: repeats the commit that was cut off, gives back reserved space, marks
/// unfinished episodes as `recovered`, removes what no commit has named, and writes the index anew; then reads back what it
/// has marked. No reader needs it: a run can be read as it is.
///
/// May be repeated, and may itself be killed: the next call does the rest.
/// \param run directory of the run
/// \param copy_to a directory that is not there yet; the run is copied to it and stays as it was. Empty: in place
/// \throws Error not_found, already_exists (it is being recorded, or `copy_to` is there), io
RecoveryReport recover(const std::filesystem::path& run, const std::filesystem::path& copy_to = {});

/// Has every file of a run opened and read by another process, with 4 seconds and 1 GiB of memory for each file and each
/// episode (see `Trust::none` in run.hpp). For runs of unknown origin, before `recover`, `Experiment::open` or another HDF5
/// program opens them.
/// \param run directory of the run
/// \param prober the command `neurotape`, which is that other process: a path, or a name to be found in PATH
/// \returns an error for each file that crashes, stalls or exhausts a reader, saying which it did; none for a file that is
/// merely damaged
/// \throws Error unsupported: there is no prober
std::vector<Error> probe_files(const std::filesystem::path& run, const std::filesystem::path& prober = "neurotape");

/// Something in a file that is not as docs/format.md says. What does not apply is empty.
struct Fault {
  std::string file;                       ///< in the directory of the run
  std::string episode;                    ///< "episode_0003"
  std::string stream;                     ///< path: "spikes/excitatory"
  std::string column;                     ///< name of the dataset: "neuron_ids"
  std::optional<std::uint64_t> chunk;     ///< of the column, counted from 0 in rows of chunks
  std::optional<TimestepSpan> timesteps;  ///< whose rows it concerns; nothing where no file tells
  std::string what;
};

/// What was looked at, so far or all in all.
struct Verified {
  std::uint64_t files = 0;
  std::uint64_t episodes = 0;
  std::uint64_t unfinished = 0;  ///< of these: with the status "recording"; judged up to their last commit
  std::uint64_t streams = 0;
  std::uint64_t rows = 0;
  std::uint64_t chunks = 0;
  std::uint64_t bytes = 0;  ///< after decoding
};

struct VerifyReport {
  std::filesystem::path path;            ///< the run, or the file
  std::vector<Fault> faults;             ///< by file, episode, stream; none: what is there is whole
  std::vector<std::string> left_behind;  ///< what a recorder that died did not clear away; `recover` does
  bool being_recorded = false;           ///< some process records it: then it is as of the last commits
  Verified checked;
};

struct VerifyOptions {
  /// Threads that decode and compare; 0: as many as the machine has.
  unsigned jobs = 0;
  /// As in `RunOptions`: with `Trust::none`, what crashes, stalls or exhausts a reader is a fault and nothing worse.
  Trust trust = Trust::full;
  std::filesystem::path prober = "neurotape";
  /// Told from time to time how far it is; by any thread, one call at a time. It must not throw.
  std::function<void(const Verified&)> on_progress = {};
};

/// Reads everything that was recorded, and tells what is not as it was written: decodes each chunk behind its
/// checksum, and checks what docs/format.md promises of names, attributes, lengths, the order of timesteps, gaps,
/// commits, segments and the index. Writes nothing, and goes on behind a fault.
///
/// Of an unfinished episode the committed rows are judged, as the loader shows them: a run that is being recorded, or
/// whose recorder died, is sound if they are.
///
/// Memory: some chunks a thread. Threads: any; it starts `jobs` - 1 of its own.
/// \param path a run directory, an episode file, a segment or a packed file
/// \throws Error where there is nothing to judge: not_found, io, unsupported (a newer format, no prober), damaged (a file
/// that is not of neurotape)
VerifyReport verify(const std::filesystem::path& path, const VerifyOptions& options = {});

/// What `pack`, `unpack` and `merge` have written.
struct CopyReport {
  std::filesystem::path path;
  std::uint64_t episodes = 0;
  std::uint64_t bytes_before = 0;  ///< of the files that were copied from
  std::uint64_t bytes_after = 0;
  std::vector<std::string> notes =
      {};  ///< what of the runs is not in the copy: files beside the episodes, other networks
};

struct PackOptions {
  std::vector<std::uint64_t> episodes = {};  ///< by number; none: all
  /// Encodes all chunks anew; nothing: they are copied as they are, without decoding.
  std::optional<Codec> codec = {};
  /// Of dense streams, encoded anew. With `Layout::traces` the trace of one neuron is read without those of the others, and
  /// a single row slowly. Nothing: as they are. Episodes that were cut off stay as they are.
  std::optional<Layout> layout = {};
  /// Adds an index by neuron to spikes: `SpikeReader::of` then reads a few neurons without the others. About as many bytes again
  /// as the spikes have.
  bool by_neuron = false;
  Trust trust = Trust::full;  ///< as in `RunOptions`
  std::filesystem::path prober = "neurotape";
};

/// Makes one file of a run, with its configuration, network and episodes, that the loader and any HDF5 program read. It is
/// written beside its name, synced and renamed: whoever finds it finds it whole.
///
/// An episode that was cut off is copied as it is, with what was committed. Memory: some chunks.
/// \param run a run directory, or any other form that `Run` takes
/// \throws Error already_exists (`file` is there), invalid_argument (an episode is being recorded), and as reading does
CopyReport pack(const std::filesystem::path& run, const std::filesystem::path& file, const PackOptions& options = {});

struct MergeOptions {
  Trust trust = Trust::full;
  std::filesystem::path prober = "neurotape";
};

/// The way back: a run directory, with its index, to which `Experiment::open` can add. Values, attributes and chunks are
/// those that were packed.
/// \throws Error as `pack`
CopyReport unpack(const std::filesystem::path& file, const std::filesystem::path& run,
                  const MergeOptions& options = {});

/// One run of the episodes of several runs of an experiment, renumbered from 0 in the order of `runs` and of their numbers.
/// Configuration and network are those of the first. Each episode gets an attribute `merged_from`: which run and episode it
/// was, its provenance, and its configuration where that differs.
/// \throws Error invalid_argument (the names of the experiments differ), and as `pack`
CopyReport merge(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& to,
                 const MergeOptions& options = {});

}  // namespace neurotape
