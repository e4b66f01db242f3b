// The registry (spec §11): one tree → the tables of core::registry.
#pragma once

#include <map>
#include <string>

#include "config/document.hpp"
#include "config/reader.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::config {

using fx_table = std::map<std::string, core::decimal, std::less<>>;

// Every table of the file. Faults and warnings go to `in.out`; with a fault the result is partial and its indices mean
// nothing.
core::registry_tables read_registry(const node& root, reading& in);

// The `providers` section, with the endpoints and models below it; `into.fx` and `into.regions` are already read.
void read_providers(const node& from, reading& in, core::registry_tables& into);

// A provider's `endpoints` section. `served_by` is the provider's index, `its_provider_is_enabled` silences warnings
// about what is switched off anyway.
void read_endpoints(const node& from, reading& in, core::provider_id served_by, bool its_provider_is_enabled,
                    core::registry_tables& into);

// The message for an item that names a region without an entry under `regions`.
std::string not_configured(const node& item);

// `retention_days` and `trains_on_data`, which a provider and an endpoint may both say.
void read_retention(map_reader& map, std::optional<int>& days, std::optional<bool>& trains);

// One model of one endpoint; its id is the node's key. `protocol` is the endpoint's; null where that is a fault
// already.
core::hosted_model read_model(const node& from, reading& in, const fx_table& fx, const core::protocol* protocol);

// `voices`, `formats` and `locales` of a model whose modalities are read. Speech without `formats` gets those of its
// protocol.
void read_audio(map_reader& map, const node& model, reading& in, const core::protocol* protocol,
                core::hosted_model& into);

// `price: {…}` of a model that serves `modalities`; a fault unless it has exactly one unit for each of them (spec §11).
core::price read_price(const node& from, reading& in, const fx_table& fx, core::modality_set modalities);

// `timeouts: {…}` and `request: {…}` of an endpoint or model. A protocol that passes no fields on has no `request`.
core::timeout_overrides read_timeout_overrides(const node& from, reading& in);
core::request_dialect read_dialect(const node& from, reading& in, const core::protocol* protocol);

// A fault when the node's key is no id for a model or an alias (spec §1).
void check_model_name(const node& from, reading& in);

}  // namespace phigate::config
