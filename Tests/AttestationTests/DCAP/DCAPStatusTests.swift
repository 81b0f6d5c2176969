import Attestation
import DevelopmentEvidence
import Foundation
import Testing

@Suite struct DCAPStatusTests {
  @Test func statusesConverge() {
    let table: [(TCBStatus, TCBStatus, TCBStatus)] = [
      (.upToDate, .upToDate, .upToDate), (.upToDate, .outOfDate, .outOfDate), (.softwareHardeningNeeded, .outOfDate, .outOfDate),
      (.configurationNeeded, .outOfDate, .outOfDateConfigurationNeeded),
      (.configurationAndSoftwareHardeningNeeded, .outOfDate, .outOfDateConfigurationNeeded),
      (.outOfDateConfigurationNeeded, .upToDate, .outOfDateConfigurationNeeded), (.upToDate, .revoked, .revoked),
      (.configurationNeeded, .softwareHardeningNeeded, .configurationAndSoftwareHardeningNeeded), (.revoked, .outOfDate, .revoked),
    ]
    for (first, second, both) in table {
      #expect(first.converged(with: second) == both)
      #expect(second.converged(with: first) == both)
    }
    for status in TCBStatus.allCases { #expect(status.converged(with: .upToDate) == status) }
  }

  @Test(arguments: [
    "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded", "OutOfDate",
    "OutOfDateConfigurationNeeded",
  ])
  func everyStatusIsReportedAndNoneButRevokedRefused(status: String) throws {
    var scene = DCAPScene(.sgx3)
    scene.collateral.levels[0].status = status
    scene.collateral.levels[0].advisories = ["INTEL-SA-00009", "INTEL-SA-00003"]
    let examination = try scene.examine()
    #expect(examination.refusedRules == [])
    #expect(examination.status == .status(status, advisories: ["INTEL-SA-00003", "INTEL-SA-00009"]))
  }

  @Test func whatIntelRevokedIsRefusedWhereverItIs() throws {
    var scene = DCAPScene(.tdx4)
    scene.collateral.levels[0].status = "Revoked"
    #expect(try scene.refused() == ["tcb"])
    #expect(try scene.examine().status == .status("Revoked", advisories: []))
    scene = DCAPScene(.tdx4)
    scene.collateral.enclaveLevels[0].status = "Revoked"
    #expect(try scene.refused() == ["quoting-enclave", "tcb"])
    scene = DCAPScene(.tdx4)
    scene.collateral.modules[0].levels[0].status = "Revoked"
    #expect(try scene.refused() == ["module", "tcb"])
  }

  @Test func everyVersionOfALevelCounts() throws {
    for kind in [DCAPQuoteMaker.Kind.sgx3, .tdx4] {
      for index in 0..<16 {
        var scene = DCAPScene(kind)
        scene.collateral.levels[0].components[index] = scene.authority.platform.components[index]
        #expect(try scene.examine().status == .status("UpToDate", advisories: []))
        scene.collateral.levels[0].components[index] += 1
        #expect(try scene.examine().status == .status("OutOfDate", advisories: ["INTEL-SA-00001"]))
      }
      var scene = DCAPScene(kind)
      scene.collateral.levels[0].pceSVN = 12
      #expect(try scene.examine().status == .status("OutOfDate", advisories: ["INTEL-SA-00001"]))
      scene.collateral.levels[1].pceSVN = 12
      #expect(try scene.refused() == ["tcb"])
      #expect(try scene.examine().status == .unstated)
    }
  }

  /// With a major version of the module above 0, its identity judges the first two; else the level does.
  @Test func everyVersionOfTDXCounts() throws {
    for index in 0..<16 {
      var scene = DCAPScene(.tdx4)
      scene.collateral.levels[0].tdxComponents[index] = scene.quote.trustDomain.teeTCBSVN[index] + 1
      let status: TrustedComputingBase =
        index < 2 ? .status("UpToDate", advisories: []) : .status("OutOfDate", advisories: ["INTEL-SA-00001"])
      #expect(try scene.examine().status == status, "component \(index)")
      scene.quote.trustDomain.teeTCBSVN[1] = 0
      #expect(try scene.examine().status == .status("OutOfDate", advisories: ["INTEL-SA-00001"]), "component \(index)")
    }
    var scene = DCAPScene(.tdx4)
    scene.quote.trustDomain.teeTCBSVN[1] = 0
    #expect(try scene.examine().status == .status("UpToDate", advisories: []))
  }

  /// The module that runs a domain counts as the one that started it does.
  @Test func theVersionsOfNowCount() throws {
    for index in 2..<16 {
      var scene = DCAPScene(.tdx5With15)
      scene.collateral.levels[0].tdxComponents[index] = scene.quote.trustDomain.teeTCBSVN[index]
      #expect(try scene.examine().status == .status("UpToDate", advisories: []))
      scene.quote.trustDomain.teeTCBSVN[index] += 1
      scene.collateral.levels[0].tdxComponents[index] += 1
      #expect(try scene.examine().status == .status("OutOfDate", advisories: ["INTEL-SA-00001"]), "component \(index)")
    }
    var scene = DCAPScene(.tdx5With15)
    scene.quote.trustDomain.teeTCBSVN2[0] = 3
    #expect(try scene.examine().status == .status("OutOfDate", advisories: []))
    scene.quote.trustDomain.teeTCBSVN2[0] = 1
    #expect(try scene.refused() == ["module"])
    // TDX 1.0 does not say.
    scene = DCAPScene(.tdx5)
    scene.quote.trustDomain.teeTCBSVN2[0] = 1
    #expect(try scene.examine().status == .status("UpToDate", advisories: []))
  }

  @Test func theModuleIsJudgedByItsIdentity() throws {
    var scene = DCAPScene(.tdx5With15)
    scene.quote.trustDomain.teeTCBSVN[0] = 3
    #expect(try scene.examine().status == .status("OutOfDate", advisories: []))
    scene.quote.trustDomain.teeTCBSVN[0] = 1
    #expect(try scene.refused() == ["module"])
    scene.quote.trustDomain.teeTCBSVN = [6, 3] + scene.quote.trustDomain.teeTCBSVN[2...]
    #expect(try scene.refused() == ["module"])
    scene.collateral.modules.append(.init("TDX_03", levels: [.init(6, "UpToDate", advisories: ["INTEL-SA-00004"])]))
    #expect(try scene.refused() == [])
    #expect(try scene.examine().status == .status("UpToDate", advisories: ["INTEL-SA-00004"]))
    for version in [UInt8(0), 1] {
      for change in [\TDReportMaker.mrSignerSeam, \.seamAttributes] {
        var scene = DCAPScene(.tdx4)
        scene.quote.trustDomain.teeTCBSVN[1] = version
        scene.quote.trustDomain[keyPath: change][5] = 1
        #expect(try scene.refused() == ["module"])
      }
    }
    scene = DCAPScene(.tdx4)
    scene.quote.trustDomain.seamAttributes[5] = 1
    scene.collateral.modules[0].attributesMask[5] = 0xfe
    #expect(try scene.refused() == [])
  }

  @Test func theQuotingEnclaveIsIntels() throws {
    let changes: [(inout EnclaveReportMaker) -> Void] = [
      { $0.mrSigner[3] ^= 1 }, { $0.productID += 1 }, { $0.miscSelect[1] = 1 }, { $0.attributes[0] |= 2 }, { $0.attributes[7] = 1 },
      { $0.securityVersion = 0 },
    ]
    for change in changes {
      var scene = DCAPScene(.tdx4)
      change(&scene.quote.quotingEnclave)
      #expect(try scene.refused() == ["quoting-enclave"])
    }
    var scene = DCAPScene(.tdx4)
    scene.quote.quotingEnclave.attributes[0] &= 0xfb
    scene.quote.quotingEnclave.attributes[9] = 7
    #expect(try scene.refused() == [], "the masks leave these out")
    scene.quote.quotingEnclave.securityVersion = 3
    #expect(try scene.examine().status == .status("OutOfDate", advisories: ["INTEL-SA-00002"]))
    scene.collateral.levels[0].status = "ConfigurationNeeded"
    scene.collateral.levels[0].advisories = ["INTEL-SA-00001"]
    #expect(try scene.examine().status == .status("OutOfDateConfigurationNeeded", advisories: ["INTEL-SA-00001", "INTEL-SA-00002"]))
    scene = DCAPScene(.sgx3)
    scene.collateral.enclaveIdentityID = "TD_QE"
    #expect(try scene.refused() == ["quoting-enclave"])
  }

  @Test func version2OfTCBInfoIsForSGX() throws {
    var scene = DCAPScene(.sgx3)
    scene.collateral.tcbInfoVersion = 2
    #expect(try scene.examine().status == .status("UpToDate", advisories: []))
    #expect(try scene.refused() == [])
    scene.collateral.levels[0].components[15] = 1
    #expect(try scene.examine().status == .status("OutOfDate", advisories: ["INTEL-SA-00001"]))
    scene = DCAPScene(.tdx4)
    scene.collateral.tcbInfoVersion = 2
    #expect(try scene.refused().contains("tcb-info.platform"))
  }
}
