#include "tools/terminal.hpp"

#include <array>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <langinfo.h>
#include <poll.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace neurotape::tools {
namespace {

// Another screen, no cursor, no wrapping; and back.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view kLeave = "\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H", kEmptyLine = "\x1b[2K", kNextLine = "\r\n";

sigset_t signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH}) sigaddset(&set, signal);
  return set;
}

Charset charset_of_locale() {
  std::setlocale(LC_CTYPE, "");
  return std::string_view(::nl_langinfo(CODESET)) == "UTF-8" ? Charset::utf8 : Charset::ascii;
}

}  // namespace

bool Terminal::is_there() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

Terminal::Terminal() : charset_(charset_of_locale()) {
  const auto set = signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  measure();
}

Terminal::~Terminal() {
  leave();
  ::close(signals_);
  const auto set = signals();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  if (ended_by_ != 0) std::raise(ended_by_);
}

void Terminal::enter() {
  if (entered_) return;
  entered_ = true;
  termios mode = {};
  if (::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &mode) == 0) {
    keys_ = mode;
    mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &mode);
  }
  print(kEnter);
}

void Terminal::leave() {
  if (!entered_) return;
  entered_ = false;
  print(kLeave);
  if (keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &*keys_);
  keys_.reset();
}

void Terminal::measure() {
  winsize size = {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return;
  columns_ = size.ws_col;
  rows_ = size.ws_row;
}

std::string Terminal::shown(const ScreenLine& line) const {
  const auto text = cut(line.text, columns_, charset_);
  return line.is_title ? colored(Color::title, text) : text;
}

void Terminal::draw(const std::vector<ScreenLine>& lines) {
  enter();
  std::string frame(kHome);
  for (std::size_t i = 0; i < rows_; ++i) {
    frame += i == 0 ? "" : kNextLine;
    // Emptied first: behind a line as wide as the screen, that would take its last character.
    frame += kEmptyLine;
    if (i < lines.size()) frame += shown(lines[i]);
  }
  print(frame);
}

Terminal::Event Terminal::wait(std::chrono::milliseconds longest) {
  std::array<pollfd, 2> inputs = {{{signals_, POLLIN, 0}, {keys_ ? STDIN_FILENO : -1, POLLIN, 0}}};
  if (::poll(inputs.data(), inputs.size(), static_cast<int>(longest.count())) <= 0) return Event::none;
  if (inputs[0].revents != 0) return take_signal();
  return take_key();
}

Terminal::Event Terminal::take_key() {
  char key = 'q';
  const auto read = ::read(STDIN_FILENO, &key, 1);
  return read <= 0 || key == 'q' || key == 'Q' ? Event::quit : Event::none;
}

Terminal::Event Terminal::take_signal() {
  signalfd_siginfo signal = {};
  if (::read(signals_, &signal, sizeof(signal)) != sizeof(signal)) return Event::none;
  switch (signal.ssi_signo) {
    case SIGTSTP:
      stop();
      [[fallthrough]];
    case SIGWINCH:
      measure();
      return Event::resized;
    case SIGINT:
      return Event::quit;
    default:
      ended_by_ = static_cast<int>(signal.ssi_signo);
      return Event::quit;
  }
}

/// Until the shell lets it go on.
void Terminal::stop() {
  leave();
  std::raise(SIGSTOP);
  enter();
}

}  // namespace neurotape::tools
