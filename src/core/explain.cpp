#include <cstddef>
#include <utility>

#include "order_eligible.hpp"
#include "phigate/core/routing.hpp"
#include "refusal.hpp"

namespace phigate::core {
namespace {

// Why an eligible route is no candidate: it was cut after the rules (spec §4).
explained_exclusion explain_cut(route_id id, const policy& wanted, const registry& known,
                                std::optional<std::string_view> only) {
  const std::string& model = known.model_of(known.at(id)).id;
  if (only && model != *only) {
    return {.route = id,
            .reason = to_string(exclusion_reason::model),
            .detail = "embeddings keep to one model, here '" + std::string(*only) + "'"};
  }
  const bool ordered = !wanted.preferences.order.empty();
  return {.route = id,
          .reason = cut_reason,
          .detail = ordered ? "'allow_fallbacks' is false, and the provider is not listed in 'order'"
                            : "'allow_fallbacks' is false, and another route comes first"};
}

}  // namespace

explanation explain(const policy& wanted, const registry& known, const health_board& health, moment when) {
  explanation told;
  std::vector<bool> is_candidate(known.routes().size());
  std::optional<std::string_view> only;
  const auto eligible = select(wanted, known, when.today);
  if (!eligible) {
    told.error = eligible.error();
  } else {
    only = only_model(*eligible, wanted);
    auto order = order_eligible(*eligible, wanted, health, when);
    if (order) {
      for (const ranked_route& one : order->routes()) is_candidate[static_cast<std::size_t>(one.route.id())] = true;
      told.order = *std::move(order);
    } else {
      told.error = std::move(order.error());
    }
  }

  auto exclusions = exclude_all(wanted, known, when.today);
  for (std::size_t i = 0; i < is_candidate.size(); ++i) {
    if (is_candidate[i]) continue;
    const auto id = static_cast<route_id>(i);
    auto& excluded = exclusions[i];
    told.excluded.push_back(excluded ? explained_exclusion{.route = id,
                                                           .reason = to_string(excluded->reason),
                                                           .detail = std::move(excluded->detail)}
                                     : explain_cut(id, wanted, known, only));
  }
  return told;
}

}  // namespace phigate::core
