import Attestation
import Foundation
import KeyBrokerProtocol

extension KeyBroker {
  /// A resource, encrypted to the instance's key, if its policy accepts the instance's evidence now.
  func release(_ name: ResourceName, _ request: BrokerRequest, _ tenantName: String) throws(ProtocolProblem) -> BrokerResponse {
    let tenant = try tenant(tenantName)
    let (session, instance) = try attested(request, tenant)
    var refusal: ProtocolProblem?
    let released = try asking { () throws(BrokerError) in
      try store.release(name, of: tenant.name) { record in
        let (reason, detail) = judge(instance, record.policy)
        refusal = reason.map { ProtocolProblem(.policy, $0) }
        let entry = AuditEntry(
          tenant: tenant.name, actor: "\(instance.name) at \(request.peer)", action: .release, subject: "\(name)",
          outcome: reason == nil ? .done : .refused, detail: "version \(record.version); \(detail)")
        return reason == nil ? entry : strangerEntries.admitted(entry, at: now)
      }
    }
    if let refusal { throw refusal }
    guard let released else { throw ProtocolProblem(.policy, "the resource is not released") }
    var message: JSONWebEncryption
    do throws(MalformedMessage) {
      message = try released.content.read { (bytes) throws(MalformedMessage) in try JSONWebEncryption(encrypting: bytes, to: instance.key) }
      // Only a trustlet reads it, and its key is on P-256.
      if session.tee == .coffer, case .curve(.p256, _) = instance.key.material {
        try message.sign(by: authorKey, for: instance.key, tenant: tenant.name, resource: name, counter: released.counter)
      }
    } catch {
      throw ProtocolProblem(error, as: .encryption)
    }
    let answer = BrokerResponse(200, json: message.json)
    // Signed for who asks for it: whoever chooses no nonce could not tell it from an answer of before.
    return request.nonce == nil ? answer : try proven(answer, to: request, in: session)
  }

  /// A counter's value, or its exchange, for those who get the resource of the same name.
  func counter(_ name: ResourceName, _ request: BrokerRequest, _ tenantName: String) throws(ProtocolProblem) -> BrokerResponse {
    let tenant = try tenant(tenantName)
    let (session, instance) = try attested(request, tenant)
    let exchange = request.method == "GET" ? nil : try reading { () throws(MalformedMessage) in try CounterExchange(request.body) }
    guard let record = try asking({ () throws(BrokerError) in try store.resource(name, of: tenant.name) }) else {
      throw ProtocolProblem(.notFound, "there is no resource \(name) here, whose policy says who may use its counter")
    }
    let (reason, detail) = judge(instance, record.policy)
    let actor = "\(instance.name) at \(request.peer)"
    if let reason {
      let action: AuditEntry.Action = exchange == nil ? .read : .exchange
      try note(AuditEntry(tenant: tenant.name, actor: actor, action: action, subject: "\(name)", outcome: .refused, detail: detail))
      throw ProtocolProblem(.policy, reason)
    }
    // A trustlet's messages are carried by who has its session: only with what the instance itself made is a value changed in its name.
    var key: CounterKey?
    if let exchange, session.tee == .coffer {
      key = try reading { () throws(MalformedMessage) in try authorKey.counterKey(with: instance.key, tenant: tenant.name, resource: name) }
      if let key, !key.isOrder(exchange.authenticator ?? [], exchange) {
        let detail = "the exchange is not ordered by the instance"
        try note(AuditEntry(tenant: tenant.name, actor: actor, action: .exchange, subject: "\(name)", outcome: .refused, detail: detail))
        throw ProtocolProblem(.policy, "\(detail): it has no authenticator, or one for other values")
      }
    }
    var answer = try asking { () throws(BrokerError) in
      try store.counter(of: record, of: tenant.name, exchange: exchange, by: actor)
    }
    if let key, let exchange, answer.isExchanged { answer.receipt = key.receipt(exchange.value, inPlaceOf: exchange.expected) }
    let status = exchange == nil || answer.isExchanged ? 200 : 409
    return try proven(BrokerResponse(status, json: answer.json), to: request, in: session)
  }

  /// Why a policy does not accept an instance, nil where it does; and what the log says.
  private func judge(_ instance: AttestedInstance, _ text: String?) -> (refusal: String?, detail: String) {
    guard let text else {
      let reason = "this resource has no policy, and so is released to nobody; its owner writes one with coffer broker policy"
      return (reason, "no policy")
    }
    var policy: Policy
    do {
      policy = try Policy(yaml: text)
    } catch {
      return ("this resource's policy cannot be read any more; its owner must write it anew", "policy cannot be read: \(error)")
    }
    // Only this policy's anchors: what another resource's trusts is nothing to this one.
    let examination = instance.evidence.examine(in: context(anchors: policy.anchors))
    // A node's front and its monitors have keys that evidence names, too: what is released to one of those is not the instance's alone.
    if examination.trustlet != nil, policy.isKeyOfInstanceDemanded == nil { policy.isKeyOfInstanceDemanded = true }
    let verdict = policy.appraise(examination, nonce: instance.bound, at: time)
    let description = Self.description(of: verdict.examination)
    guard verdict.isAccepted else {
      let rules = verdict.findings.filter { $0.outcome == .refused }.map(\.rule)
      return (
        "the policy refuses this instance: \(Self.refusals(verdict.findings) ?? "it accepts no platform")",
        "\(description); refused by \(rules.prefix(8).joined(separator: ", "))"
      )
    }
    sessions.accept(token: instance.tokenIdentifier)
    return (nil, "\(description); confidential: \(verdict.isConfidential)")
  }

  /// The answer with the broker's signature over it.
  private func proven(_ response: BrokerResponse, to request: BrokerRequest, in session: Session) throws(ProtocolProblem) -> BrokerResponse {
    var response = response
    guard let start = request.path.firstRange(of: "/kbs/v0/")?.lowerBound else { return response }
    let nonce = request.nonce.map { Base64.bytes(urlText: $0) ?? [] }
    if let nonce, !AnswerProof.nonceSizes.contains(nonce.count) {
      throw ProtocolProblem(.form, "\(AnswerProof.nonceHeader) is not base64url of 16 to 64 bytes")
    }
    response.proof = try reading { () throws(MalformedMessage) in
      try AnswerProof.make(
        challenge: session.challenge.nonceBytes, nonce: nonce ?? [], tenant: session.tenant, method: request.method,
        path: String(request.path[start...]), status: response.status, body: response.body, by: key)
    }
    return response
  }
}
