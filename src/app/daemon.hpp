// `phigate serve`: workers, signals and the drain (spec §12, threats §5).
#pragma once

#include <memory>
#include <string>

#include "phigate/config/loader.hpp"

namespace phigate::app {

// Prompts and keys must not end up in a core file, nor be read by a debugger of the same user (threats §4). Call it
// before anything secret is read.
void forbid_core_dumps();

// Serves until told to stop; SIGHUP reads `config_file` again. 0: nothing was cut; 3: requests were cut at the drain's
// end. Throws std::runtime_error when it can't start.
int serve(std::shared_ptr<const config::snapshot> snapshot, const std::string& config_file);

}  // namespace phigate::app
