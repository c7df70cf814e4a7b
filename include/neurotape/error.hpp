#pragma once
/// \file
/// The one exception type of neurotape.

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace neurotape {

/// What kind of thing went wrong. The text of the error has the details.
enum class ErrorCode {
  invalid_argument,  ///< an option or argument that cannot be used
  invalid_name,      ///< an empty or impossible name of an experiment, stream, population or column
  wrong_shape,       ///< another number of values than the stream was declared with
  wrong_type,        ///< another element type than the stream was declared with
  timestep_order,    ///< a timestep that goes back
  out_of_range,      ///< a neuron id, column or timestep outside of what was declared
  already_exists,    ///< a name that is taken
  not_found,         ///< a run, episode, stream or file that is not there
  memory_cap,        ///< the memory cap cannot hold what was asked for
  closed,            ///< used after finish() or close()
  unsupported,       ///< an option that this version does not have
  io,                ///< the operating system or the file format library refused
  damaged,           ///< a file whose contents cannot be right
};

/// Where it went wrong; what does not apply is empty.
struct ErrorContext {
  std::string experiment = {};
  std::string episode = {};
  std::string stream = {};
  std::optional<std::int64_t> timestep = {};
  std::string path = {};  ///< file or directory
};

/// Thrown by everything but the recording calls, which never throw: an error there is given to
/// `on_error` at once and thrown by `Episode::finish()` or `Experiment::close()`. Copying one does not throw.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, ErrorContext context = {});

  ErrorCode code() const noexcept { return code_; }
  const ErrorContext& context() const noexcept { return told_->context; }
  /// What went wrong, without where: `what()` says both.
  const std::string& message() const noexcept { return told_->message; }

 private:
  struct Told {
    std::string message;
    ErrorContext context;
  };

  ErrorCode code_;
  std::shared_ptr<const Told> told_;
};

}  // namespace neurotape
