// Which pages of an analysis are the client's.
#pragma once

#include <optional>
#include <vector>

#include "phigate/codec/media_request.hpp"
#include "upstream/protocols/layout_pages.hpp"

namespace phigate::upstream {

// Of what was analysed the pages that were asked for, in its order: all of them where none were. Those that came
// without a number are, one after the other, those that were sent for and did not come under theirs. Nothing: text
// would be lost, since more came without a number than were sent for, or none that was asked for. Of pages beyond the
// document's end there is nothing to lose.
std::optional<std::vector<layout_page>> chosen_pages(std::vector<layout_page> analysed,
                                                     const codec::document_request& asked);

}  // namespace phigate::upstream
