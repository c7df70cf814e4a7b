#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "bench/peers/columns.hpp"

namespace neurotape::bench {
namespace {

class OwnThread : public Store {
 public:
  explicit OwnThread(std::unique_ptr<Store> store) : store_(std::move(store)), thread_([this] { run(); }) {}
  ~OwnThread() override { end(); }

  void write(std::size_t column, std::uint64_t first_row, std::vector<std::byte>& rows) override {
    push({column, first_row, std::move(rows)});
  }
  void close() override {
    end();
    if (error_) std::rethrow_exception(error_);
    store_->close();
  }

 private:
  struct Batch {
    std::size_t column = 0;
    std::uint64_t first_row = 0;
    std::vector<std::byte> rows;
  };

  void push(Batch batch) {
    const std::lock_guard lock(mutex_);
    batches_.push_back(std::move(batch));
    ready_.notify_one();
  }

  void end() {
    if (!thread_.joinable()) return;
    push({});  // no rows: the end
    thread_.join();
  }

  Batch pop() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return !batches_.empty(); });
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    return batch;
  }

  void run() {
    for (Batch batch = pop(); !batch.rows.empty(); batch = pop()) {
      if (error_) continue;
      try {
        store_->write(batch.column, batch.first_row, batch.rows);
      } catch (...) {
        error_ = std::current_exception();
      }
    }
  }

  std::unique_ptr<Store> store_;
  std::exception_ptr error_;  ///< of the thread; read by others when it has ended
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Batch> batches_;
  std::thread thread_;
};

}  // namespace

MakeStore own_thread(MakeStore store) {
  return [store = std::move(store)](const std::vector<Column>& columns, const std::filesystem::path& directory) {
    return std::make_unique<OwnThread>(store(columns, directory));
  };
}

}  // namespace neurotape::bench
