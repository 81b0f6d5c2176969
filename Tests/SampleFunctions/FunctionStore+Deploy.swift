import FunctionStore

extension FunctionStore {
  @discardableResult
  public func deploy(
    _ name: String, _ image: CheckedImage, tenant: String = TenantRecord.standard, origin: RevisionRecord.Origin = .image,
    settings: RevisionSettings = RevisionSettings(), precondition: Deployment.Precondition = .none, source: BuildSource? = nil
  ) throws(StoreError) -> FunctionRecord {
    try deploy(
      Deployment(
        function: name, tenant: tenant, image: image, settings: settings, origin: origin, precondition: precondition, source: source))
  }
}
