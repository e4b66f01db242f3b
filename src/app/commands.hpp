// What each command does; the result is the exit code.
#pragma once

#include <optional>
#include <string>

#include "phigate/config/loader.hpp"

namespace phigate::app {

// Nothing when there are faults: they are printed, and the exit code is 1.
std::optional<config::loaded> load_or_print_faults(const std::string& config_file);

int run_serve(const std::string& config_file);
int run_check(const std::string& config_file);
int run_keygen();

struct routes_query {
  std::string region;    // empty: all
  std::string modality;  // empty: all
  bool phi = false;
  bool matrix = false;
  bool json = false;
};
int run_routes(const std::string& config_file, const routes_query& query);

}  // namespace phigate::app
