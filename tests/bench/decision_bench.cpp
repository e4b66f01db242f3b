// How long the decision takes: from a policy to the ordered routes, over a registry of 10,000 routes and a board that
// has measured each. The registry is generated and the same in every run.
#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "phigate/core/routing.hpp"
#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t providers = 100;
constexpr std::size_t endpoints_per_provider = 2;
constexpr std::size_t models_per_endpoint = 50;
constexpr std::size_t routes = providers * endpoints_per_provider * models_per_endpoint;
static_assert(routes == 10'000);

constexpr moment when{.today = std::chrono::year(2026) / 6 / 1, .now = std::chrono::steady_clock::time_point(12h)};

constexpr std::array elsewhere{region::us,    region::uk,   region::asia,  region::anz,
                               region::latam, region::mena, region::india, region::world};

// A fixed sequence that looks random.
class sequence {
 public:
  std::size_t below(std::size_t end) {
    state_ = state_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return static_cast<std::size_t>(state_ >> 33U) % end;
  }

 private:
  std::uint64_t state_ = 42;
};

decimal cents(std::size_t count) {
  return decimal::from_micros(static_cast<std::int64_t>(count) * 10'000);
}

price any_price(sequence& numbers) {
  price cost;
  cost.currency = "EUR";
  cost.usd_per_unit = decimal::from_micros(1'080'000);
  cost.tokens =
      token_price{.input = cents(10 + numbers.below(90)), .output = cents(50 + numbers.below(400)), .cached_input = {}};
  return cost;
}

// Every provider has an endpoint for EU in Germany and one elsewhere. `popular` is at all the German ones, `rare` at
// four of them and each of the family at twenty; the rest is spread over 400 names.
std::string model_name(std::size_t owner, bool european, std::size_t place) {
  if (european && place == 0) return "popular";
  if (european && place == 1 && owner % 25 == 0) return "rare";
  if (european && place == 2 && owner < 80) return "family-" + std::to_string(owner / 20);
  return "model-" + std::to_string((owner * 7 + place * 8 + (european ? 0 : 3)) % 400);
}

std::unique_ptr<const registry> make_registry() {
  sequence numbers;
  registry_tables tables;
  tables.fx = {{"EUR", decimal::from_micros(1'080'000)}, {"USD", decimal::from_micros(1'000'000)}};
  for (std::size_t owner = 0; owner < providers; ++owner) {
    provider made;
    made.slug = made.name = "provider-" + std::to_string(owner);
    made.headquarters = country::parse("DE");
    made.retention_days = 0;
    made.trains_on_data = false;
    made.agreements.push_back({.kind = agreement_kind::dpa,
                               .regions = {region::eu},
                               .modalities = {modality::chat},
                               .valid_from = test::day(2026, 1, 1),
                               .valid_until = test::day(2027, 1, 1),
                               .reference = {}});
    tables.providers.push_back(std::move(made));
    for (bool european : {true, false}) {
      endpoint host;
      host.id = "endpoint-" + std::to_string(tables.endpoints.size());
      host.owner = static_cast<provider_id>(owner);
      host.location = test::location(european ? "DE" : "global");
      host.regions = {european ? region::eu : elsewhere[owner % elsewhere.size()]};
      for (std::size_t place = 0; place < models_per_endpoint; ++place) {
        hosted_model model;
        model.id = model_name(owner, european, place);
        model.host = static_cast<endpoint_id>(tables.endpoints.size());
        model.modalities = {modality::chat};
        model.features = {"json_object", "json_schema", "tools"};
        model.cost = any_price(numbers);
        tables.models.push_back(std::move(model));
      }
      tables.endpoints.push_back(std::move(host));
    }
  }
  tables.aliases.push_back({.name = "family", .models = {"family-0", "family-1", "family-2", "family-3"}});
  const std::vector<country> europe(eu_members().begin(), eu_members().end());
  tables.regions[static_cast<std::size_t>(region::eu)] =
      region_facts{.resident = provider_id{7}, .countries = europe, .strict = true};
  return std::make_unique<const registry>(std::move(tables));
}

void measure(health_board& board, const registry& known) {
  sequence numbers;
  for (std::size_t i = 0; i < known.routes().size(); ++i) {
    const auto id = static_cast<route_id>(i);
    for (std::size_t n = 0; n < 5; ++n) {
      board.record_success(id,
                           {.latency = std::chrono::microseconds(100'000 + numbers.below(900'000)),
                            .tokens_per_second = static_cast<double>(20 + numbers.below(150))},
                           when.now - 10s);
    }
    if (numbers.below(20) != 0) continue;
    attempt_failure failure;
    failure.kind = failure_kind::server_error;
    failure.reach = reach::head_received;
    failure.status = 503;
    board.record_failure(id, failure, when.now - 5s);
  }
}

struct world {
  std::unique_ptr<const registry> known = make_registry();
  health_board health{*known, {}};
  world() { measure(health, *known); }
};

const world& the_world() {
  static const world made;
  return made;
}

policy request(std::string_view model, model_kind kind) {
  policy wanted;
  wanted.region = region::eu;
  wanted.modality = modality::chat;
  wanted.model = {.kind = kind, .name = std::string(model)};
  return wanted;
}

policy with_every_preference() {
  policy wanted = request("popular", model_kind::concrete);
  wanted.data_class = data_class::phi;
  preferences& wished = wanted.preferences;
  std::vector<provider_id> all;
  for (std::size_t i = 0; i < providers; ++i) all.push_back(static_cast<provider_id>(i));
  wished.order = {all[31], all[7], all[63]};
  wished.only = all;
  wished.ignore = {all[12], all[50]};
  wished.allow_fallbacks = true;
  wished.sort = sort_metric::latency;
  wished.data_residency = parse_residency("eu");
  wished.eu_owned = true;
  wished.max_retention_days = 0;
  wished.denies_data_collection = true;
  wished.max_price = {.prompt = parse_price_bound("5"), .completion = parse_price_bound("20")};
  wished.require_parameters = true;
  wanted.parameters = {{"tools"}, {"json_object", "json_schema"}};
  wanted.fields = {"model", "messages", "tools", "response_format", "temperature", "max_tokens"};
  return wanted;
}

// `expected` routes, or the benchmark measures something else than it says.
void decide(benchmark::State& state, const policy& wanted, std::size_t expected) {
  const world& here = the_world();
  const auto found = route_request(wanted, *here.known, here.health, when);
  if (!found || found->routes().size() != expected) {
    state.SkipWithError(found ? std::to_string(found->routes().size()).c_str() : found.error().message.c_str());
    return;
  }
  for (auto _ : state) {
    auto order = route_request(wanted, *here.known, here.health, when);
    benchmark::DoNotOptimize(order);
  }
}

void pinned_with_4_hosts(benchmark::State& state) {
  decide(state, request("rare", model_kind::concrete), 4);
}
BENCHMARK(pinned_with_4_hosts);

void pinned_with_100_hosts(benchmark::State& state) {
  decide(state, request("popular", model_kind::concrete), 100);
}
BENCHMARK(pinned_with_100_hosts);

void pinned_with_every_preference(benchmark::State& state) {
  decide(state, with_every_preference(), 98);
}
BENCHMARK(pinned_with_every_preference);

void alias_of_4_models_with_80_hosts(benchmark::State& state) {
  decide(state, request("family", model_kind::alias), 80);
}
BENCHMARK(alias_of_4_models_with_80_hosts);

void automatic_over_650_routes(benchmark::State& state) {
  policy wanted = request("auto", model_kind::automatic);
  wanted.region = region::us;
  decide(state, wanted, 650);
}
BENCHMARK(automatic_over_650_routes);

void automatic_over_5000_routes(benchmark::State& state) {
  decide(state, request("auto", model_kind::automatic), 5'000);
}
BENCHMARK(automatic_over_5000_routes);

void explain_of_10000_routes(benchmark::State& state) {
  const world& here = the_world();
  const policy wanted = request("popular", model_kind::concrete);
  for (auto _ : state) {
    auto told = explain(wanted, *here.known, here.health, when);
    benchmark::DoNotOptimize(told);
  }
}
BENCHMARK(explain_of_10000_routes);

}  // namespace
}  // namespace phigate::core

BENCHMARK_MAIN();
