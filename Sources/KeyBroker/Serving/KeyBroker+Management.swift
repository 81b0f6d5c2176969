import Foundation
import KeyBrokerProtocol

/// What administrators see and change, at `/v1/`.
extension KeyBroker {
  /// What a wrong token or wrong evidence costs, in requests.
  static let failedAttempt = 10.0

  /// Whose token a request shows.
  func bearer(of request: BrokerRequest) throws(ProtocolProblem) -> TokenRecord {
    guard let text = request.bearer else {
      throw ProtocolProblem(.administrator, "this needs an administrator's token: send it as 'Authorization: Bearer TOKEN'")
    }
    guard let token = store.bearer(of: text) else {
      // Guessing costs more than asking.
      chargeFailure(of: request.peer)
      throw ProtocolProblem(.administrator, "the token is not one of this broker's, or was removed")
    }
    return token
  }

  /// - Parameter tenant: whose matter it is; nil for what is the whole broker's.
  private func administrator(
    _ request: BrokerRequest, atLeast role: TokenRecord.Role, of tenant: String?
  ) throws(ProtocolProblem) -> TokenRecord {
    let token = try bearer(of: request)
    guard token.role >= role, token.tenant == nil || token.tenant == tenant else {
      let found = "role \(token.role.rawValue) of \(token.tenant.map { "tenant \($0)" } ?? "all tenants")"
      throw ProtocolProblem(
        .administrator, "the token \(token.identifier) has the \(found); this needs \(role.rawValue) of \(tenant.map { "tenant \($0)" } ?? "all tenants")",
        status: 403)
    }
    return token
  }

  /// `POST /kbs/v0/resource/...`, as the protocol has it for registering.
  func register(_ name: ResourceName, _ request: BrokerRequest, _ tenant: String) throws(ProtocolProblem) -> BrokerResponse {
    let token = try administrator(request, atLeast: .admin, of: tenant)
    let record = try asking { () throws(BrokerError) in
      try store.put(name, of: tenant, content: request.body, by: "token \(token.identifier) at \(request.peer)")
    }
    return BrokerResponse(200, json: record.json)
  }

  func manage(_ parts: [String], _ request: BrokerRequest) throws(ProtocolProblem) -> BrokerResponse {
    switch (request.method, parts.count, parts.first) {
    case ("GET", 1, "key"):
      return BrokerResponse(
        200,
        json: .members([
          "key": publicKey.json, "sha256": .string(Hexadecimal.text(publicKey.fingerprint)), "author": .string(author),
          "proof": .string(try reading { () throws(MalformedMessage) in try authorKey.statement(by: key) }),
        ]))
    case (_, 1..., "tenants"): return try manageTenants(Array(parts.dropFirst()), request)
    case (_, 1...2, "tokens"): return try manageTokens(parts.dropFirst().first, request)
    case ("GET", 1...2, "audit"): return try audit(after: parts.dropFirst().first, request)
    default: throw ProtocolProblem(.path, "there is nothing at this path")
    }
  }

  private func manageTenants(_ parts: [String], _ request: BrokerRequest) throws(ProtocolProblem) -> BrokerResponse {
    guard let tenant = parts.first else {
      let token = try administrator(request, atLeast: .audit, of: administered(request))
      guard request.method == "GET" else { throw ProtocolProblem(.path, "expected GET", status: 405) }
      let tenants = store.tenants.filter { token.tenant == nil || token.tenant == $0.name }
      return BrokerResponse(200, json: .members(["tenants": .array(tenants.map(\.json))]))
    }
    if parts.count >= 2 { return try manageResources(Array(parts.dropFirst()), request, tenant) }
    let token = try administrator(request, atLeast: .admin, of: nil)
    let actor = "token \(token.identifier) at \(request.peer)"
    switch request.method {
    case "PUT":
      let quota = try quota(request, store.tenant(tenant)?.quota ?? .standard)
      try asking { () throws(BrokerError) in
        if store.tenant(tenant) == nil {
          try store.addTenant(tenant, quota: quota, by: actor)
        } else {
          try store.changeTenant(tenant, quota: quota, by: actor)
        }
      }
      return BrokerResponse(200, json: store.tenant(tenant)?.json ?? .null)
    case "DELETE":
      try asking { () throws(BrokerError) in try store.removeTenant(tenant, by: actor) }
      return BrokerResponse(200, json: .object([]))
    default: throw ProtocolProblem(.path, "expected PUT or DELETE", status: 405)
    }
  }

  /// The members of a request's body. One that is misspelt must not count as one that was left out.
  private func members(of request: BrokerRequest, _ message: String, only known: Set<String>) throws(ProtocolProblem) -> MessageMembers {
    try reading { () throws(MalformedMessage) in
      let members = try MessageMembers(JSONReader.value(of: request.body, message), message)
      try members.only(known)
      return members
    }
  }

  private func text(_ name: String, of members: MessageMembers) throws(ProtocolProblem) -> String? {
    guard let value = members[name], value != .null else { return nil }
    return try reading { () throws(MalformedMessage) in try members.text(name) }
  }

  /// The tenant of the token that a request shows, for what every token may see of its own.
  private func administered(_ request: BrokerRequest) -> String? { request.bearer.flatMap { store.bearer(of: $0)?.tenant } }

  private func quota(_ request: BrokerRequest, _ standard: TenantRecord.Quota) throws(ProtocolProblem) -> TenantRecord.Quota {
    guard !request.body.isEmpty else { return standard }
    let members = try members(of: request, "quota", only: ["resources", "bytes", "requests"])
    func number(_ name: String, _ other: Int) throws(ProtocolProblem) -> Int {
      guard let member = members[name] else { return other }
      guard let number = member.integer else { throw ProtocolProblem(.form, "quota, \(name): expected a whole number") }
      return Int(number)
    }
    return TenantRecord.Quota(
      resources: try number("resources", standard.resources), bytes: try number("bytes", standard.bytes),
      requests: try number("requests", standard.requests))
  }

  /// `TENANT/resources`, `TENANT/resources/REPOSITORY/TYPE/TAG`, `TENANT/policies/REPOSITORY/TYPE/TAG`.
  private func manageResources(_ parts: [String], _ request: BrokerRequest, _ tenant: String) throws(ProtocolProblem) -> BrokerResponse {
    let token = try administrator(request, atLeast: request.method == "GET" ? .audit : .admin, of: tenant)
    guard store.tenant(tenant) != nil else { throw ProtocolProblem(.notFound, BrokerStore.noTenant(tenant).message) }
    let actor = "token \(token.identifier) at \(request.peer)"
    if parts == ["resources"], request.method == "GET" {
      let records = try asking { () throws(BrokerError) in try store.resources(of: tenant) }
      return BrokerResponse(200, json: .members(["resources": .array(records.map(\.json))]))
    }
    guard parts.count == 4, parts[0] == "resources" || parts[0] == "policies" else { throw ProtocolProblem(.path, "there is nothing at this path") }
    let name = try reading { () throws(MalformedMessage) in try ResourceName(parts[1...].joined(separator: "/")) }
    switch (parts[0], request.method) {
    case ("resources", "PUT"):
      let record = try asking { () throws(BrokerError) in try store.put(name, of: tenant, content: request.body, by: actor) }
      return BrokerResponse(200, json: record.json)
    case ("resources", "DELETE"):
      try asking { () throws(BrokerError) in try store.remove(name, of: tenant, by: actor) }
      return BrokerResponse(200, json: .object([]))
    case ("policies", "GET"):
      guard let record = try asking({ () throws(BrokerError) in try store.resource(name, of: tenant) }) else {
        throw ProtocolProblem(.notFound, BrokerStore.noResource(name).message)
      }
      guard let policy = record.policy else { throw ProtocolProblem(.notFound, "\(name) has no policy, and is released to nobody") }
      return BrokerResponse(200, Array(policy.utf8), contentType: "application/yaml")
    case ("policies", "PUT"), ("policies", "DELETE"):
      let policy = request.method == "PUT" ? String(validating: request.body, as: UTF8.self) : nil
      guard request.method == "DELETE" || policy != nil else { throw ProtocolProblem(.form, "the policy is not text in UTF-8") }
      try asking { () throws(BrokerError) in try store.setPolicy(policy, of: name, of: tenant, by: actor) }
      return BrokerResponse(200, json: .object([]))
    default: throw ProtocolProblem(.path, "\(request.method) is nothing that this path takes", status: 405)
    }
  }

  private func manageTokens(_ identifier: String?, _ request: BrokerRequest) throws(ProtocolProblem) -> BrokerResponse {
    let own = administered(request)
    switch (request.method, identifier) {
    case ("GET", nil):
      _ = try administrator(request, atLeast: .audit, of: own)
      return BrokerResponse(200, json: .members(["tokens": .array(store.tokens(of: own).map(\.json))]))
    case ("POST", nil):
      let members = try members(of: request, "token", only: ["tenant", "role", "note"])
      // Only where it is left out, or null, the token is for all tenants.
      let tenant = try text("tenant", of: members)
      let token = try administrator(request, atLeast: .admin, of: tenant)
      guard let role = members["role"]?.text.flatMap(TokenRecord.Role.init) else {
        throw ProtocolProblem(.form, "token, role: expected \(TokenRecord.Role.allCases.map(\.rawValue).joined(separator: " or "))")
      }
      let note = try text("note", of: members)
      let made = try asking { () throws(BrokerError) in
        try store.addToken(tenant: tenant, role: role, note: note ?? "", by: "token \(token.identifier) at \(request.peer)")
      }
      guard case .object(let members) = made.record.json else { return BrokerResponse(200) }
      return BrokerResponse(200, json: .object(members + [JSONMember("token", .string(made.text))]))
    case ("DELETE", let identifier?):
      let tenant = store.tokens().first { $0.identifier == identifier }?.tenant
      let token = try administrator(request, atLeast: .admin, of: tenant)
      try asking { () throws(BrokerError) in try store.removeToken(identifier, by: "token \(token.identifier) at \(request.peer)") }
      return BrokerResponse(200, json: .object([]))
    default: throw ProtocolProblem(.path, "expected GET or POST at /v1/tokens, or DELETE of one", status: 405)
    }
  }

  /// Entries as they were written, with their hashes: who asks can follow the chain himself.
  private func audit(after text: String?, _ request: BrokerRequest) throws(ProtocolProblem) -> BrokerResponse {
    let tenant = administered(request)
    _ = try administrator(request, atLeast: .audit, of: tenant)
    guard let after = text.map({ Int64($0) }) ?? 0, after >= 0 else { throw ProtocolProblem(.path, "expected the number of an entry") }
    let links = try asking { () throws(BrokerError) in try store.audit(of: tenant, after: after) }
    let entries = links.map { link in
      JSONValue.members(["entry": .string(String(decoding: link.entry, as: UTF8.self)), "hash": .string(Hexadecimal.text(link.hash))])
    }
    return BrokerResponse(200, json: .members(["entries": .array(entries), "whole": .bool(tenant == nil)]))
  }
}

extension TenantRecord {
  var json: JSONValue {
    .members([
      "name": .string(name), "resources": .integer(Int64(quota.resources)), "bytes": .integer(Int64(quota.bytes)),
      "requests": .integer(Int64(quota.requests)), "created": .integer(created),
    ])
  }
}

extension ResourceRecord {
  var json: JSONValue {
    .members([
      "name": .string("\(name)"), "version": .integer(version), "bytes": .integer(Int64(size)), "policy": .bool(policy != nil), "updated": .integer(updated),
    ])
  }
}

extension TokenRecord {
  var json: JSONValue {
    .members([
      "id": .string(identifier), "tenant": tenant.map { .string($0) } ?? .null, "role": .string(role.rawValue), "note": .string(note),
      "created": .integer(created),
    ])
  }
}
