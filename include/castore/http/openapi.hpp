// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_OPENAPI_HPP
#define CASTORE_HTTP_OPENAPI_HPP

/// @file
/// The description of routes for programs. Source: OpenAPI Specification 3.1.0.

#include <castore/http/data_routes.hpp>
#include <castore/http/route.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace castore::detail {

/// What is answered, as schemas: the names are what routes say that they give or take.
inline const nlohmann::json& openapi_schemas() {
  static const nlohmann::json schemas = nlohmann::json::parse(R"({
"Event": {"type": "object", "required": ["store", "aggregateId", "version", "type", "timestamp"], "properties": {
  "store": {"type": "string"}, "aggregateId": {"type": "string"},
  "version": {"type": "integer", "format": "int64", "minimum": 1}, "type": {"type": "string"},
  "timestamp": {"type": "string", "format": "date-time"},
  "position": {"type": "integer", "format": "int64", "description": "Its place in the order of all events"},
  "payload": {"description": "Any JSON; not there when the event has none"}, "metadata": {"description": "The same"}}},
"PushedEvent": {"type": "object", "required": ["store", "aggregateId", "version", "type"],
  "additionalProperties": false, "properties": {
  "store": {"type": "string"}, "aggregateId": {"type": "string"},
  "version": {"type": "integer", "format": "int64", "minimum": 1}, "type": {"type": "string"},
  "timestamp": {"type": "string", "format": "date-time", "description": "The server's clock tells it unless given"},
  "position": {"type": "integer", "description": "Not looked at, so that what was read can be sent"},
  "payload": {}, "metadata": {}}},
"PushedEvents": {"oneOf": [{"$ref": "#/components/schemas/PushedEvent"},
  {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/PushedEvent"}}]},
"Pushed": {"type": "object", "required": ["events"], "properties": {"events": {"type": "array", "items": {
  "type": "object", "required": ["store", "aggregateId", "version"], "properties": {"store": {"type": "string"},
  "aggregateId": {"type": "string"}, "version": {"type": "integer"}, "position": {"type": "integer"}}}}}},
"Events": {"type": "object", "required": ["events"], "properties": {
  "events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
  "nextVersion": {"type": "integer", "description": "Where the next page begins; not there on the last one"}}},
"AllEvents": {"type": "object", "required": ["events", "position", "head", "lag", "isCaughtUp"], "properties": {
  "events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
  "position": {"type": "integer", "description": "The next page is after it"},
  "head": {"type": "integer", "description": "The newest position"}, "lag": {"type": "integer"},
  "isCaughtUp": {"type": "boolean", "description": "All that can be seen was given"}}},
"Info": {"type": "object", "properties": {"name": {"const": "castore"}, "version": {"type": "string"},
  "database": {"type": "string"}, "writable": {"type": "boolean"},
  "ordered": {"type": "boolean", "description": "There are /v1/all and /v1/subscribe"},
  "stores": {"type": "boolean", "description": "There is /v1/stores"},
  "explorer": {"type": "boolean", "description": "There are states and commands"}}},
"Stores": {"type": "object", "required": ["stores"], "properties": {"stores": {"type": "array", "items": {
  "type": "object", "required": ["store"], "properties": {"store": {"type": "string"},
  "aggregates": {"type": "integer"}, "events": {"type": "integer"},
  "firstTimestamp": {"type": "string", "format": "date-time"},
  "lastTimestamp": {"type": "string", "format": "date-time"}}}}}},
"Aggregates": {"type": "object", "required": ["aggregates"], "properties": {"aggregates": {"type": "array", "items": {
  "type": "object", "required": ["aggregateId"], "properties": {"aggregateId": {"type": "string"},
  "initialTimestamp": {"type": "string", "format": "date-time"}}}},
  "nextPage": {"type": "string", "description": "Not there on the last page"}}},
"Types": {"type": "object", "required": ["types"], "properties": {"types": {"type": "array", "items": {
  "type": "object", "properties": {"type": {"type": "string"}, "count": {"type": "integer"},
  "first": {"type": "string", "format": "date-time"}, "last": {"type": "string", "format": "date-time"},
  "fields": {"type": "array", "items": {"type": "string"}}}}}}},
"Data": {"type": "object", "required": ["version", "data", "setBy"], "properties": {"version": {"type": "integer"},
  "data": {"type": "object"}, "setBy": {"type": "object", "additionalProperties": {"type": "integer"},
  "description": "The version that last set a field, by its JSON Pointer"}}},
"Projections": {"type": "object", "required": ["projections"], "properties": {"projections": {"type": "array",
  "items": {"type": "object", "properties": {"name": {"type": "string"}, "version": {"type": "integer"},
  "position": {"type": "integer"}, "lag": {"type": "integer"}, "state": {"type": "string"},
  "updated": {"type": "string"}}}}}},
"DeadLetters": {"type": "object", "required": ["deadLetters"], "properties": {"deadLetters": {"type": "array",
  "items": {"type": "object", "properties": {"name": {"type": "string"}, "version": {"type": "integer"},
  "position": {"type": "integer"}, "attempts": {"type": "integer"}, "at": {"type": "string", "format": "date-time"},
  "error": {"type": "string"}, "event": {"$ref": "#/components/schemas/Event"}}}}}},
"State": {"type": "object", "required": ["version", "state"], "properties": {
  "version": {"type": "integer", "description": "0 when there is no event until then"},
  "state": {"description": "What the reducer makes of the events; null when there are none"},
  "setBy": {"type": "object", "additionalProperties": {"type": "integer"},
  "description": "The version that last changed a field, by its JSON Pointer; where it was asked for"}}},
"KnownStores": {"type": "object", "required": ["stores"], "properties": {"stores": {"type": "array", "items": {
  "type": "object", "required": ["store", "aggregate", "types"], "properties": {"store": {"type": "string"},
  "aggregate": {"description": "The JSON Schema of a state"}, "types": {"type": "array", "items": {"type": "object",
  "required": ["type", "payload"], "properties": {"type": {"type": "string"},
  "payload": {"description": "A JSON Schema"}, "metadata": {"description": "A JSON Schema"}}}}}}}}},
"Commands": {"type": "object", "required": ["commands"], "properties": {"commands": {"type": "array", "items": {
  "type": "object", "required": ["name", "stores", "takesId", "simulates", "inputSchema"], "properties": {
  "name": {"type": "string"}, "stores": {"type": "array", "items": {"type": "string"}},
  "takesId": {"type": "boolean", "description": "It is run on one aggregate, whose id it must be told"},
  "simulates": {"type": "boolean"}, "inputSchema": {"description": "A JSON Schema"}}}}}},
"CommandInput": {"description": "What the command's inputSchema says; {} for a command without an input"},
"CommandAnswer": {"type": "object", "required": ["events", "states"], "properties": {
  "events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
  "states": {"type": "array", "items": {"type": "object", "required": ["store", "aggregateId", "before", "after"],
  "properties": {"store": {"type": "string"}, "aggregateId": {"type": "string"},
  "before": {"description": "null when it had no event"}, "after": {"description": "A state"}}}}}},
"OpenApi": {"type": "object"},
"Problem": {"type": "object", "required": ["type", "title", "status", "detail", "code"], "properties": {
  "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
  "detail": {"type": "string"}, "code": {"type": "string"},
  "index": {"type": "integer", "description": "Which of the pushed events is in conflict, from 0"},
  "store": {"type": "string"}, "aggregateId": {"type": "string"}, "version": {"type": "integer"}}}
})");
  return schemas;
}

inline nlohmann::json openapi_content(const std::vector<std::string>& types, const std::string& schema) {
  nlohmann::json content = nlohmann::json::object();
  for (const std::string& type : types) {
    content[type] = nlohmann::json::object();
    if (type == "application/json") content[type]["schema"]["$ref"] = "#/components/schemas/" + schema;
  }
  return content;
}

inline nlohmann::json openapi_parameter(const HttpParameter& parameter) {
  nlohmann::json schema{{"type", parameter.type}};
  if (parameter.type == "date-time") schema = {{"type", "string"}, {"format", "date-time"}};
  if (parameter.is_repeatable) schema = {{"type", "array"}, {"items", schema}};
  return {{"name", parameter.name},
          {"in", "query"},
          {"required", parameter.is_required},
          {"description", parameter.description},
          {"schema", schema}};
}

inline nlohmann::json openapi_operation(const HttpRoute& route) {
  nlohmann::json operation{{"summary", route.summary}, {"parameters", nlohmann::json::array()}};
  for (const HttpParameter& parameter : route.parameters) {
    operation["parameters"].push_back(openapi_parameter(parameter));
  }
  if (!route.takes.empty()) {
    operation["requestBody"] = {{"required", true}, {"content", openapi_content({"application/json"}, route.takes)}};
  }
  if (route.operation != HttpOperation::read) operation["security"] = {{{"token", nlohmann::json::array()}}};
  operation["responses"][std::to_string(route.status)] = {{"description", "Done"}, {"content", openapi_content(route.types, route.gives)}};
  operation["responses"]["default"] = {
      {"description", "Refused or failed"},
      {"content", {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
  return operation;
}

inline nlohmann::json openapi_document(const std::vector<HttpRoute>& routes) {
  nlohmann::json document{{"openapi", "3.1.0"},
                          {"info", {{"title", "Castore: the events of a storage"}, {"version", version_text()}}},
                          {"paths", nlohmann::json::object()}};
  for (const HttpRoute& route : routes) {
    std::string method = route.method;
    for (char& letter : method) letter = lower_ascii(letter);
    document["paths"][route.path][method] = openapi_operation(route);
  }
  document["components"] = {{"schemas", openapi_schemas()},
                            {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}};
  return document;
}

}  // namespace castore::detail

#endif
