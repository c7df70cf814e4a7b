#include "bench/support/python_peer.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace neurotape::bench {
namespace {

std::string python() {
  const char* const named = std::getenv("NEUROTAPE_PYTHON");
  return named != nullptr ? named : NEUROTAPE_BENCH_PYTHON;
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  return ends;
}

}  // namespace

bool PythonPeer::available() { return !python().empty(); }

PythonPeer::PythonPeer(const std::string& script) { start(script); }

void PythonPeer::start(const std::string& script) {
  std::string program = python();
  std::string file = std::string(NEUROTAPE_BENCH_SOURCES) + "/support/" + script;
  const std::array<char*, 3> words{program.data(), file.data(), nullptr};

  const auto questions = make_pipe();
  const auto answers = make_pipe();
  child_ = ::fork();
  if (child_ < 0) throw std::runtime_error("fork failed");
  if (child_ == 0) {
    ::dup2(questions[0], STDIN_FILENO);
    ::dup2(answers[1], STDOUT_FILENO);
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  ::close(questions[0]);
  ::close(answers[1]);
  to_ = ::fdopen(questions[1], "w");
  from_ = ::fdopen(answers[0], "r");
}

PythonPeer::~PythonPeer() {
  std::fclose(to_);  // the script ends with its input
  std::fclose(from_);
  ::waitpid(child_, nullptr, 0);
}

PythonPeer::Answer PythonPeer::ask(const std::string& line) {
  Answer answer;
  const bool asked = std::fprintf(to_, "%s\n", line.c_str()) > 0 && std::fflush(to_) == 0;
  if (!asked || std::fscanf(from_, "%lf %lf", &answer.seconds, &answer.bytes) != 2)
    throw std::runtime_error("h5py gave no answer to: " + line);
  return answer;
}

}  // namespace neurotape::bench
