#include "artifacts/gnuplot.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "neurotape/error.hpp"

namespace neurotape::artifacts {
namespace {

constexpr std::size_t kMostErrorBytes = 2000;

[[noreturn]] void fail(const std::string& tried, int error_number) {
  throw Error(ErrorCode::io, tried + ": " + std::generic_category().message(error_number));
}

/// A file in memory that has no name: nobody waits for the other end of it, as of a pipe.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& contents = {}) : file_(::memfd_create("gnuplot", MFD_CLOEXEC)) {
    if (file_ < 0) fail("making a file in memory for gnuplot", errno);
    for (std::size_t done = 0; done < contents.size();) {
      const auto part = ::write(file_, contents.data() + done, contents.size() - done);
      if (part < 0 && errno != EINTR) fail("writing the script for gnuplot", errno);
      if (part > 0) done += static_cast<std::size_t>(part);
    }
    ::lseek(file_, 0, SEEK_SET);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(file_); }

  int descriptor() const noexcept { return file_; }
  std::string contents() const {
    std::string all;
    std::array<char, 65536> part;
    for (ssize_t got = 0; (got = ::pread(file_, part.data(), part.size(), static_cast<off_t>(all.size()))) > 0;)
      all.append(part.data(), static_cast<std::size_t>(got));
    return all;
  }

 private:
  int file_;
};

/// \returns the pid
pid_t start(const MemoryFile& in, const MemoryFile& out, const MemoryFile& errors) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in.descriptor(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, errors.descriptor(), STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);  // threads that start it may have blocked all signals
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::array<char, 8> name{"gnuplot"};
  std::array<char, 3> no_settings{"-d"};
  std::array<char*, 3> arguments{name.data(), no_settings.data(), nullptr};
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, name.data(), &files, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error == ENOENT)
    throw Error(ErrorCode::unsupported, "there is no program gnuplot to draw with (Debian: gnuplot-nox)");
  if (error != 0) fail("starting gnuplot", error);
  return pid;
}

}  // namespace

std::string run_gnuplot(const std::string& script) {
  const MemoryFile in(script), out, errors;
  const pid_t pid = start(in, out, errors);
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(pid, &status, 0)) < 0 && errno == EINTR) {
  }
  auto picture = out.contents();
  // A program that has others wait for its children does not learn how it ended; then what came of it tells.
  const bool well = ended == pid ? WIFEXITED(status) && WEXITSTATUS(status) == 0 : !picture.empty();
  if (!well || picture.empty())
    throw Error(ErrorCode::io, "gnuplot did not draw: " + errors.contents().substr(0, kMostErrorBytes));
  return picture;
}

std::string gnuplot_string(std::string_view text) {
  std::string all = "'";
  for (const char c : text) {
    if (c == '\'') all += '\'';
    all += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return all + "'";
}

}  // namespace neurotape::artifacts
