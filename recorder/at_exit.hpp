#pragma once
/// \file
/// The end of the program.

namespace neurotape {

/// What is closed when the program ends by `exit` or by the return of main, if it is still open then. A recorder in a static
/// object may be destroyed after the libraries that it writes with have ended: they end in the reverse order of their
/// first use. So this is made after their first use, and its turn comes before theirs.
class ClosedAtExit {
 public:
  ClosedAtExit(const ClosedAtExit&) = delete;
  ClosedAtExit& operator=(const ClosedAtExit&) = delete;

 protected:
  ClosedAtExit() = default;
  ~ClosedAtExit() = default;

  /// From here on `close_at_exit` may be called. \throws std::bad_alloc
  void enter();
  /// The program is not ending, or waits here until `close_at_exit` has returned.
  void leave() noexcept;

 private:
  friend class Exit;
  virtual void close_at_exit() noexcept = 0;
};

}  // namespace neurotape
