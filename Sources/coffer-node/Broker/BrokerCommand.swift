import ArgumentParser

struct Broker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Keeps secrets and releases each to those whose evidence its policy accepts.",
    discussion: """
      Examples:
        coffer broker serve
        coffer broker put shop/key/database password.txt --policy policy.yaml
        coffer broker list
        coffer broker policy shop/key/database
        coffer broker audit --verify

      It speaks the key broker protocol of Confidential Containers.
      """,
    subcommands: [
      BrokerServe.self, BrokerKeyCommand.self, BrokerPut.self, BrokerList.self, BrokerRemove.self, BrokerPolicy.self, BrokerRequestCommand.self, BrokerTenants.self,
      BrokerTokens.self, BrokerAudit.self,
    ])
}
