#pragma once
/// \file
/// Files that are not trusted are opened by another process first.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "neurotape/error.hpp"

namespace neurotape::loader {

/// A process of the command `neurotape` that is at the other end of a socket. It ends with this object.
/// Thread safety: one thread at a time.
class ProbeProcess {
 public:
  /// \throws Error unsupported where the command cannot be started or is none of this version
  explicit ProbeProcess(const std::filesystem::path& command);
  ~ProbeProcess();
  ProbeProcess(const ProbeProcess&) = delete;
  ProbeProcess& operator=(const ProbeProcess&) = delete;

  bool is_ours() const;  ///< false in a forked child, which has no business with it
  /// \returns what became of the process over the question; empty: it survived
  std::string ask(int descriptor, const std::string& path, const std::string& object);

 private:
  bool wait_for_answer() const;
  std::string end_of_process();

  int socket_ = -1;
  int pid_ = -1;
  int owner_ = -1;
};

/// Lets another process do first what the loader will do with a file.
///
/// Why a program of its own, and no fork: a child forked from a process of several threads has only the thread that
/// forked. Locks that another thread held at that moment, HDF5's or the allocator's, are never opened in it, so all
/// that it may soundly do is to start a program.
///
/// Thread safety: any thread may call anything; questions are asked one after the other.
class Prober {
 public:
  explicit Prober(std::filesystem::path command) : command_(std::move(command)) {}

  /// The same question about the same file, unchanged, is asked once.
  /// \param object path of an episode's group; empty: the file and what belongs to no episode
  /// \throws Error damaged: what became of the process that tried; unsupported: there is no such process
  void probe(int descriptor, const std::filesystem::path& path, const std::string& object);

  /// What it has thrown as `damaged`, one for each file.
  std::vector<Error> refused() const;

 private:
  /// Which file, whatever its name, and what was asked about it.
  struct Subject {
    std::uint64_t device, inode;
    std::string object;
    bool operator<(const Subject& other) const {
      return std::tie(device, inode, object) < std::tie(other.device, other.inode, other.object);
    }
  };
  /// What it was like when it was probed.
  struct Version {
    std::int64_t bytes, modified_ns, changed_ns;
    bool operator==(const Version&) const = default;
  };
  struct Verdict {
    Version version;
    std::string end;  ///< of the process; empty: it survived
    std::string path;
  };

  std::string ask(int descriptor, const std::string& path, const std::string& object);
  void start_if_needed();

  const std::filesystem::path command_;
  mutable std::mutex mutex_;
  std::unique_ptr<ProbeProcess> process_;
  std::set<std::string> seen_;  ///< files that the process has opened
  std::map<Subject, Verdict> verdicts_;
};

}  // namespace neurotape::loader
