#include "bench/peers/python_peer.hpp"

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

PythonPeer::PythonPeer(const std::string& script, const std::string& package) {
  if (python().empty()) {
    missing_ = "no Python with h5py was found by the build";
    return;
  }
  start(script, package);
  const auto first = answer();
  abilities_ = first.at("abilities").get<std::vector<std::string>>();
  missing_ = first.at("missing").get<std::string>();
}

void PythonPeer::start(const std::string& script, const std::string& package) {
  std::string program = python(), argument = package;
  std::string file = std::string(NEUROTAPE_BENCH_SOURCES) + "/peers/" + script;
  const std::array<char*, 4> words{program.data(), file.data(), argument.data(), nullptr};

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
  if (child_ < 0) return;
  std::fclose(to_);  // the script ends with its input
  std::fclose(from_);
  ::waitpid(child_, nullptr, 0);
}

nlohmann::json PythonPeer::answer() {
  std::string line;
  for (int c = std::fgetc(from_); c != '\n'; c = std::fgetc(from_)) {
    if (c == EOF) throw std::runtime_error("the Python peer ended; its error is above");
    line += static_cast<char>(c);
  }
  return nlohmann::json::parse(line);
}

double PythonPeer::ask(Figures& figures, const nlohmann::json& question) {
  if (std::fprintf(to_, "%s\n", question.dump().c_str()) < 0 || std::fflush(to_) != 0)
    throw std::runtime_error("the Python peer takes no questions");
  const auto said = answer();
  for (const auto& [name, value] : said.items()) figures[name] = value.get<double>();
  return said.at("seconds");
}

}  // namespace neurotape::bench
