// Who builds and runs in one program imports one module.
@_exported import ImageBuilding
@_exported import TrustletRun
