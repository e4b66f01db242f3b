// What the caller may use (spec §10): the same rules as routing, asked for every region that is open to it.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "phigate/codec/writers.hpp"
#include "phigate/core/eligibility.hpp"
#include "phigate/core/ordering.hpp"
#include "server/admission.hpp"
#include "server/endpoints.hpp"

namespace phigate::server {

namespace asio = boost::asio;

namespace {

struct listing {
  codec::model_card card;
  core::region_set regions;
  core::modality_set modalities;
  const core::hosted_model* cheapest = nullptr;
};

// What is open to the caller, by name: concrete models, aliases and auto.
class catalogue {
 public:
  catalogue(const core::registry& registry, core::data_class data_class, core::region_set open,
            std::chrono::sys_days today)
      : registry_(registry), data_class_(data_class), open_(open), today_(today) {
    for (const core::route& route : registry.routes()) {
      for (const core::region region : core::all_regions()) {
        if (open.contains(region)) consider(route, region);
      }
    }
  }

  [[nodiscard]] std::vector<codec::model_card> cards() const {
    std::vector<codec::model_card> out;
    for (const std::string& name : names_) out.push_back(finished(listings_.at(name)));
    return out;
  }

 private:
  void consider(const core::route& route, core::region region) {
    core::policy asked;
    asked.region = region;
    asked.modality = route.modality;
    asked.data_class = data_class_;
    if (core::exclude(route, asked, registry_, today_)) return;
    asked.data_class = core::data_class::phi;
    const bool phi = !core::exclude(route, asked, registry_, today_);

    const core::hosted_model& model = registry_.model_of(route);
    add("auto", route, region, phi, false);
    for (const core::alias& alias : registry_.tables().aliases) {
      if (std::find(alias.models.begin(), alias.models.end(), model.id) != alias.models.end()) {
        add(alias.name, route, region, phi, false);
      }
    }
    add(model.id, route, region, phi, true);
  }

  void add(const std::string& name, const core::route& route, core::region region, bool phi, bool concrete) {
    const auto [found, is_new] = listings_.try_emplace(name);
    listing& entry = found->second;
    if (is_new) {
      names_.push_back(name);
      entry.card.id = name;
    }
    entry.regions.insert(region);
    entry.modalities.insert(route.modality);
    entry.card.phi = entry.card.phi || phi;
    const std::string& provider = registry_.provider_of(route).slug;
    auto& providers = entry.card.providers;
    if (std::find(providers.begin(), providers.end(), provider) == providers.end()) providers.push_back(provider);

    const core::hosted_model& model = registry_.model_of(route);
    if (model.context_length) {
      auto& length = entry.card.context_length;
      length = length ? std::min(*length, *model.context_length) : *model.context_length;
    }
    const auto price = core::ordering_price(model, route.modality);
    if (concrete && (entry.cheapest == nullptr || price < core::ordering_price(*entry.cheapest, route.modality))) {
      entry.cheapest = &model;
    }
  }

  static codec::model_card finished(const listing& entry) {
    codec::model_card card = entry.card;
    for (const core::region region : core::all_regions()) {
      if (entry.regions.contains(region)) card.regions.emplace_back(core::to_string(region));
    }
    for (const core::modality modality : core::all_modalities()) {
      if (entry.modalities.contains(modality)) card.modalities.emplace_back(core::to_string(modality));
    }
    if (entry.cheapest != nullptr) card.price = entry.cheapest->cost;
    return card;
  }

  const core::registry& registry_;
  core::data_class data_class_;
  core::region_set open_;
  std::chrono::sys_days today_;
  std::map<std::string, listing> listings_;
  std::vector<std::string> names_;  // in the order found
};

// The regions to list: the one named, else each that the key may use.
core::region_set open_regions(const request_context& context) {
  core::region_set open;
  if (context.named_region) {
    open.insert(*context.named_region);
    return open;
  }
  for (const core::region region : core::all_regions()) {
    if (context.key == nullptr || context.key->regions.contains(region)) open.insert(region);
  }
  return open;
}

std::expected<std::vector<codec::model_card>, core::api_error> usable_models(exchange& with) {
  const config::settings& settings = with.settings();
  if (const admitted known = check_key(with.facts(), with.head, with.context); !known)
    return std::unexpected(known.error());
  const admitted policy = check_policy_headers(settings, with.head, with.context);
  if (!policy) return std::unexpected(policy.error());
  with.context.region = with.context.named_region;
  if (with.context.region) {
    if (const admitted region = check_key_region(with.context); !region) return std::unexpected(region.error());
  }
  if (const admitted permitted = check_key_class(with.context); !permitted) return std::unexpected(permitted.error());
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return catalogue(with.facts().registry(), *with.context.data_class, open_regions(with.context), today).cards();
}

}  // namespace

asio::awaitable<void> serve_model_list(exchange& with) {
  const auto models = usable_models(with);
  if (!models) {
    co_await with.answers.send_error(models.error());
    co_return;
  }
  const std::string body = codec::model_list(*models);
  co_await with.answers.send(200, "application/json", body);
}

asio::awaitable<void> serve_model(exchange& with) {
  const auto models = usable_models(with);
  if (!models) {
    co_await with.answers.send_error(models.error());
    co_return;
  }
  constexpr std::string_view prefix = "/v1/models/";
  const std::string_view id = with.head.path.substr(prefix.size());
  const auto found =
      std::find_if(models->begin(), models->end(), [&](const codec::model_card& card) { return card.id == id; });
  if (found == models->end()) {
    core::api_error error;
    error.code = core::error_code::model_not_found;
    error.message = "No model of that name is open to this request. GET /v1/models lists those that are.";
    error.param = "model";
    co_await with.answers.send_error(std::move(error));
    co_return;
  }
  const std::string body = codec::model_object(*found);
  co_await with.answers.send(200, "application/json", body);
}

}  // namespace phigate::server
