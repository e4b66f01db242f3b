#pragma once

#include <memory>

#include "phigate/http/body.hpp"
#include "phigate/net/channel.hpp"
#include "phigate/net/deadline.hpp"
#include "phigate/upstream/pool.hpp"

namespace phigate::upstream {

// The client has its whole answer, but the last bytes of the upstream's framing are still on their way: awaits them for
// a moment, so that the connection can serve again, and puts it into `pool`. Anything unexpected closes it.
void finish_in_background(std::shared_ptr<net::channel> connection, http::body_decoder rest,
                          std::shared_ptr<connection_pool> pool, net::deadline_queue& deadlines);

}  // namespace phigate::upstream
