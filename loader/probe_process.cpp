#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "loader/probe_protocol.hpp"
#include "loader/prober.hpp"
#include "neurotape/run.hpp"

extern char** environ;

namespace neurotape::loader {
namespace {

/// So that a file that is looked at in vain is told within five seconds.
constexpr auto kMostTime = std::chrono::seconds(4);

[[noreturn]] void no_prober(const std::filesystem::path& command, const std::string& why) {
  throw Error(ErrorCode::unsupported,
              fmt::format("files that are not trusted need the command neurotape to look at them first, but '{}' {}; "
                          "RunOptions::prober says where it is",
                          command.string(), why));
}

/// The other end of the socket as its input, no output, and none of this program's ways with signals: those that a terminal
/// sends to all are this program's to decide about.
class SpawnSettings {
 public:
  explicit SpawnSettings(int socket) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, socket, kProbeSocket);
    for (const int output : {STDOUT_FILENO, STDERR_FILENO})
      posix_spawn_file_actions_addopen(&files_, output, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes_);
    sigset_t all, blocked;
    sigfillset(&all);
    sigemptyset(&blocked);
    for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP}) sigaddset(&blocked, signal);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &blocked);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  /// \returns errno
  int start(const std::string& command, pid_t* pid) const {
    std::string name = command, word = detail::kServeProbes;
    std::array<char*, 3> arguments = {name.data(), word.data(), nullptr};
    return posix_spawnp(pid, command.c_str(), &files_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t files_ = {};
  posix_spawnattr_t attributes_ = {};
};

}  // namespace

ProbeProcess::ProbeProcess(const std::filesystem::path& command) : owner_(::getpid()) {
  std::array<int, 2> ends = {};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    no_prober(command, std::generic_category().message(errno));
  const int failed = SpawnSettings(ends[1]).start(command.string(), &pid_);
  ::close(ends[1]);
  socket_ = ends[0];
  if (failed != 0) {
    pid_ = -1;
    ::close(socket_);
    no_prober(command, fmt::format("cannot be started: {}", std::generic_category().message(failed)));
  }
  const auto greeting = wait_for_answer() ? receive_text(socket_) : std::nullopt;
  if (greeting == kProbeGreeting) return;
  end_of_process();
  ::close(socket_);
  no_prober(command, "is none of this version");
}

ProbeProcess::~ProbeProcess() {
  if (is_ours()) end_of_process();
  ::close(socket_);
}

bool ProbeProcess::is_ours() const { return ::getpid() == owner_; }

bool ProbeProcess::wait_for_answer() const {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + kMostTime;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd wanted = {socket_, POLLIN, 0};
    const int ready = ::poll(&wanted, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

std::string ProbeProcess::ask(int descriptor, const std::string& path, const std::string& object) {
  constexpr const char* kTried = "a process that tried to read it";
  const bool asked = send_question(socket_, {descriptor, path, object});
  if (asked && !wait_for_answer()) return fmt::format("{} was not done after {} s", kTried, kMostTime.count());
  const auto answer = receive_text(socket_);
  if (answer == kSurvived) return {};
  if (answer == kExhausted) return fmt::format("{} needed more than 1 GiB of memory", kTried);
  if (answer == kHasCacheImage)
    return fmt::format("{} found an image of HDF5's metadata cache, which is not safe to read", kTried);
  return fmt::format("{} {}", kTried, end_of_process());
}

/// Ends the process where it has not ended, and waits for it. The program may have taken its status away.
std::string ProbeProcess::end_of_process() {
  const int pid = std::exchange(pid_, -1);
  int status = 0;
  const auto wait = [&](int options) {
    pid_t ended = 0;
    do {
      ended = ::waitpid(pid, &status, options);
    } while (ended < 0 && errno == EINTR);
    return ended;
  };
  pid_t ended = pid < 0 ? -1 : wait(WNOHANG);
  ::shutdown(socket_, SHUT_RDWR);
  if (ended == 0) {
    // One that is ending already keeps the status that it has.
    ::kill(pid, SIGKILL);
    ended = wait(0);
  }
  if (ended != pid) return "ended";
  if (WIFSIGNALED(status))
    return fmt::format("ended with signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

}  // namespace neurotape::loader
