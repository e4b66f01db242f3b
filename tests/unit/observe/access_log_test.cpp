#include "phigate/observe/access_log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "phigate/observe/log.hpp"
#include "support/captured_stderr.hpp"

namespace phigate::observe {
namespace {

access_record small_record() {
  access_record record;
  record.request_id = "r-1";
  record.route = "models";
  record.status = 200;
  return record;
}

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

constexpr std::string_view drop_mark = " warn access lines dropped count=";

std::size_t sum_of_drops(const std::string& text) {
  std::size_t sum = 0;
  for (std::size_t at = text.find(drop_mark); at != std::string::npos; at = text.find(drop_mark, at + 1)) {
    sum += std::stoul(text.substr(at + drop_mark.size(), 20));
  }
  return sum;
}

// The line of one record, without its time.
std::string line_of(const access_record& record, bool json = false) {
  test::captured_stderr captured;
  {
    access_log(json).write(record);
  }
  const std::string text = captured.read_through("request");
  return text.substr(text.find('Z') + 1);
}

TEST(access_log, says_what_is_known_of_a_request_and_no_more) {
  EXPECT_EQ(line_of(small_record()), " info request id=r-1 route=models status=200 attempts=0 ms=0\n");
}

TEST(access_log, says_everything_of_a_request_that_was_routed) {
  access_record record = small_record();
  record.client_request_id = "mine";
  record.key_id = "clinic-a";
  record.error_code = "upstream_error";
  record.region = "CH";
  record.data_class = "phi";
  record.provider = "acme";
  record.endpoint = "acme-ch";
  record.model = "m";
  record.attempts = 2;
  record.cost_micro_usd = 0;
  record.milliseconds = 12;
  record.client_gone = true;
  EXPECT_EQ(line_of(record),
            " info request id=r-1 client_id=mine key=clinic-a route=models status=200 code=upstream_error region=CH "
            "class=phi provider=acme endpoint=acme-ch model=m attempts=2 cost_micro_usd=0 ms=12 client=gone\n");
}

TEST(access_log, writes_json_when_told_to) {
  EXPECT_EQ(line_of(small_record(), true),
            R"(","level":"info","event":"request","id":"r-1","route":"models","status":200,"attempts":0,"ms":0})"
            "\n");
}

TEST(access_log, changes_its_form_between_lines) {
  test::captured_stderr captured;
  {
    access_log log(false);
    log.write(small_record());
    log.set_json(true);
    log.write(small_record());
    log.set_json(false);
    log.write(small_record());
  }
  const std::string text = captured.read_until([](const std::string& seen) { return count_of(seen, "\n") >= 3; });
  EXPECT_EQ(count_of(text, " info request id=r-1 "), 2U);
  EXPECT_EQ(count_of(text, R"("event":"request","id":"r-1")"), 1U);
}

TEST(access_log, changes_its_form_under_those_who_write) {
  constexpr std::size_t lines = 1'000;
  test::captured_stderr captured;
  std::optional<access_log> log;
  log.emplace(false);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        for (std::size_t n = 0; n < lines; ++n) log->write(small_record());
      });
    }
    for (std::size_t n = 0; n < lines; ++n) log->set_json(n % 2 == 0);
  }
  const std::jthread ending([&log] { log.reset(); });
  const std::string text =
      captured.read_until([](const std::string& seen) { return count_of(seen, "\n") >= 2 * lines; });
  const std::size_t as_text = count_of(text, " info request id=r-1 route=models status=200 attempts=0 ms=0\n");
  const std::size_t as_json = count_of(
      text, R"(","level":"info","event":"request","id":"r-1","route":"models","status":200,"attempts":0,"ms":0})"
            "\n");
  EXPECT_EQ(as_text + as_json, 2 * lines);
}

TEST(access_log, writes_out_what_waits_before_it_goes) {
  test::captured_stderr captured;
  {
    access_log log(false);
    for (int i = 0; i < 100; ++i) log.write(small_record());
  }
  const std::string text = captured.read_until([](const std::string& seen) { return count_of(seen, "\n") >= 100; });
  EXPECT_EQ(count_of(text, "request id=r-1"), 100U);
}

TEST(access_log, a_line_leaves_by_itself_soon) {
  test::captured_stderr captured;
  access_log log(false);
  log.write(small_record());
  EXPECT_NE(captured.read_through("request").find("id=r-1"), std::string::npos);
  log.write(small_record());  // the writer woke once and sleeps again
  EXPECT_NE(captured.read_through("request").find("id=r-1"), std::string::npos);
}

TEST(access_log, is_silent_above_info) {
  log_settings quiet;
  quiet.threshold = level::warn;
  configure_log(quiet);
  test::captured_stderr captured;
  {
    access_log log(false);
    log.write(small_record());
    configure_log({});
    access_record second = small_record();
    second.request_id = "r-2";
    log.write(second);
  }
  const std::string text = captured.read_through("r-2");
  EXPECT_EQ(text.find("r-1"), std::string::npos);
}

// Nobody reads the log: what is past its capacity is dropped and counted, and no worker waits.
TEST(access_log, drops_whole_lines_past_its_capacity_and_tells_how_many) {
  test::captured_stderr captured;
  std::optional<access_log> log;
  log.emplace(false);
  // More than what waits, what the writer holds and what a pipe takes, together.
  const std::string name(1000, 'm');
  access_record record = small_record();
  record.model = name;
  const std::size_t total = 3 * access_log::capacity / name.size();
  for (std::size_t i = 0; i < total; ++i) log->write(record);

  const std::jthread ending([&log] { log.reset(); });
  std::size_t written = 0;
  std::size_t dropped = 0;
  const std::string text = captured.read_until([&](const std::string& seen) {
    const std::string_view last_line =
        std::string_view(seen).substr(seen.size() - std::min<std::size_t>(seen.size(), 100));
    if (!last_line.ends_with('\n') || last_line.find(drop_mark) == std::string_view::npos) return false;
    written = count_of(seen, "model=" + name + " attempts=0 ms=0\n");
    dropped = sum_of_drops(seen);
    return written + dropped >= total;
  });
  EXPECT_EQ(written + dropped, total);
  EXPECT_GT(dropped, total / 10);
  EXPECT_GT(written, access_log::capacity / 2 / name.size());
  EXPECT_EQ(count_of(text, "\n"), count_of(text, " info request ") + count_of(text, drop_mark));
}

}  // namespace
}  // namespace phigate::observe
