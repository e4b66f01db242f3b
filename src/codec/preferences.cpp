#include "phigate/codec/preferences.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "codec/json_cursor.hpp"
#include "codec/request_faults.hpp"

namespace phigate::codec {
namespace {

using core::provider_id;

constexpr std::string_view root = "provider";

// A message names the providers when they are no more than these.
constexpr std::size_t most_listed = 24;

class preference_reader {
 public:
  preference_reader(std::string_view text, const core::registry& known) : cursor_(text), known_(known) {}

  std::expected<core::preferences, core::api_error> read();

 private:
  void read_member(std::string_view key);
  void read_flag(std::string_view key, bool& into);
  void read_providers(std::string_view key, std::vector<provider_id>& into);
  void read_provider(std::string_view list, std::size_t index, std::vector<provider_id>& into);
  void read_only();
  void read_sort();
  void read_residency();
  void read_retention();
  void read_collection();
  void read_max_price();
  void read_bound(std::string_view key, std::optional<core::int128>& into);

  // Say what `key` must be; `inner` is a key of max_price.
  void refuse(std::string_view key, std::string_view must_be);
  void refuse_bound(std::string_view inner);
  [[nodiscard]] std::string advice_on_providers() const;

  json_cursor cursor_;
  const core::registry& known_;
  core::preferences wanted_;
  bool zero_retention_ = false;
  fault_keeper faults_;
};

std::expected<core::preferences, core::api_error> preference_reader::read() {
  if (cursor_.kind() != json_kind::object) {
    faults_.bad_preference(
        [] { return fault_text{std::string(root), "\"provider\" must be an object of preferences, or be left out."}; });
  }
  read_object(cursor_, faults_, [] { return root; }, [&](const key_ledger::entry& key) { read_member(key.name); });
  if (faults_.gravest()) return std::unexpected(*faults_.gravest());
  if (zero_retention_) {
    wanted_.max_retention_days = 0;
    wanted_.denies_data_collection = true;
  }
  return std::move(wanted_);
}

void preference_reader::read_member(std::string_view key) {
  if (key == "order") return read_providers(key, wanted_.order);
  if (key == "only") return read_only();
  if (key == "ignore") return read_providers(key, wanted_.ignore);
  if (key == "allow_fallbacks") return read_flag(key, wanted_.allow_fallbacks);
  if (key == "sort") return read_sort();
  if (key == "data_residency") return read_residency();
  if (key == "eu_owned") return read_flag(key, wanted_.eu_owned);
  if (key == "max_retention_days") return read_retention();
  if (key == "data_collection") return read_collection();
  if (key == "zdr") return read_flag(key, zero_retention_);
  if (key == "max_price") return read_max_price();
  if (key == "require_parameters") return read_flag(key, wanted_.require_parameters);
  faults_.bad_preference([&] {
    return fault_text{member_path(root, key),
                      shown(key) +
                          " is no preference. Use any of: order, only, ignore, allow_fallbacks, sort, data_residency, "
                          "eu_owned, max_retention_days, data_collection, zdr, max_price, require_parameters."};
  });
}

void preference_reader::read_flag(std::string_view key, bool& into) {
  if (cursor_.kind() != json_kind::boolean) return refuse(key, "true or false");
  into = cursor_.is_true();
}

void preference_reader::read_providers(std::string_view key, std::vector<provider_id>& into) {
  if (cursor_.kind() != json_kind::array) return refuse(key, "a list of provider slugs");
  cursor_.elements([&](std::size_t index) { read_provider(key, index, into); });
}

void preference_reader::read_provider(std::string_view list, std::size_t index, std::vector<provider_id>& into) {
  const auto fault = [&](auto message) {
    faults_.bad_preference([&] { return fault_text{element_path(member_path(root, list), index), message()}; });
  };
  if (cursor_.kind() != json_kind::string) {
    return fault([&] { return "This must be a provider's slug, a string. " + advice_on_providers(); });
  }
  const std::string slug = cursor_.string().text();
  const auto id = known_.find_provider(slug);
  if (!id) return fault([&] { return shown(slug) + " is no provider known here. " + advice_on_providers(); });
  if (std::ranges::find(into, *id) != into.end()) {
    return fault([&] { return shown(slug) + " stands twice in this list. Name each provider once."; });
  }
  into.push_back(*id);
}

void preference_reader::read_only() {
  if (cursor_.kind() == json_kind::array && cursor_.first_element() == json_kind::none) {
    return refuse("only", "a list of at least one provider slug");
  }
  read_providers("only", wanted_.only.emplace());
}

void preference_reader::read_sort() {
  if (cursor_.kind() == json_kind::string) wanted_.sort = core::parse_sort_metric(cursor_.string().text());
  if (!wanted_.sort) refuse("sort", R"("price", "latency" or "throughput")");
}

void preference_reader::read_residency() {
  if (cursor_.kind() == json_kind::string) wanted_.data_residency = core::parse_residency(cursor_.string().text());
  if (!wanted_.data_residency)
    refuse("data_residency", R"("eu", "eea" or a country's two-letter code, as in ISO 3166)");
}

void preference_reader::read_retention() {
  const auto days = cursor_.integer();
  if (!days || *days < 0) {
    return refuse("max_retention_days", "a whole number of days, not negative, of at most 18 digits");
  }
  wanted_.max_retention_days = days;
}

void preference_reader::read_collection() {
  if (cursor_.kind() == json_kind::string) {
    const json_string word = cursor_.string();
    wanted_.denies_data_collection = word == "deny";
    if (wanted_.denies_data_collection || word == "allow") return;
  }
  refuse("data_collection", R"("allow" or "deny")");
}

void preference_reader::read_max_price() {
  if (cursor_.kind() != json_kind::object) {
    return refuse("max_price", R"(an object with "prompt", "completion" or both)");
  }
  const auto path = [] { return member_path(root, "max_price"); };
  read_object(cursor_, faults_, path, [&](const key_ledger::entry& key) {
    if (key.name == "prompt") return read_bound(key.name, wanted_.max_price.prompt);
    if (key.name == "completion") return read_bound(key.name, wanted_.max_price.completion);
    faults_.bad_preference([&] {
      return fault_text{member_path(path(), key.name),
                        shown(key.name) + " is no price that can be bounded. Use \"prompt\" and \"completion\"."};
    });
  });
}

void preference_reader::read_bound(std::string_view key, std::optional<core::int128>& into) {
  if (cursor_.kind() == json_kind::number) into = core::parse_price_bound(cursor_.raw());
  if (!into) refuse_bound(key);
}

void preference_reader::refuse(std::string_view key, std::string_view must_be) {
  faults_.bad_preference([&] {
    return fault_text{member_path(root, key), shown(key) + " must be " + std::string(must_be) + ", or be left out."};
  });
}

void preference_reader::refuse_bound(std::string_view inner) {
  faults_.bad_preference([&] {
    return fault_text{
        member_path(member_path(root, "max_price"), inner),
        shown(inner) + " must be a number of US dollars per million tokens, not negative, or be left out."};
  });
}

std::string preference_reader::advice_on_providers() const {
  const auto& providers = known_.tables().providers;
  if (providers.empty() || providers.size() > most_listed) return "Name providers as GET /vendors lists them.";
  std::string advice = "Use any of: ";
  for (const core::provider& each : providers) {
    if (&each != &providers.front()) advice += ", ";
    advice += each.slug;
  }
  return advice + '.';
}

}  // namespace

std::expected<core::preferences, core::api_error> read_preferences(std::string_view text, const core::registry& known) {
  if (text.empty()) return core::preferences{};
  return preference_reader(text, known).read();
}

std::expected<void, core::api_error> check_preferences(const core::preferences& wanted, core::modality modality) {
  const bool by_tokens =
      modality == core::modality::chat || modality == core::modality::vision || modality == core::modality::embeddings;
  if (wanted.max_price.empty() || by_tokens) return {};
  core::api_error error{.code = core::error_code::invalid_provider_preferences};
  error.param = member_path(root, "max_price");
  error.message = "\"max_price\" bounds prices per token, and " + std::string(core::to_string(modality)) +
                  " is priced otherwise. Leave it out.";
  return std::unexpected(std::move(error));
}

}  // namespace phigate::codec
