// Who builds and runs in one program imports one module.
@_exported import ManifestYAML
@_exported import TrustletRun
