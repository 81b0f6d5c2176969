import Foundation
import FunctionDispatch
import Gateway
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOHTTP1
import Testing

/// The dashboard in Debian's chromium, by Scripts/drive-browser.
@Suite(.serialized, .enabled(if: Browser.isThere, "chromium or python3 is not installed: Scripts/install-test-tools"))
struct DashboardBrowserTests {
  @Test(.timeLimit(.minutes(3)), arguments: ["light", "dark"]) func showsANodeWithoutComplaint(_ scheme: String) async throws {
    let gateway = FakeGateway(FakeNode(functions: FakeNode.examples, tenants: ["acme", "bolt"]))
    for number in 0..<5 { gateway.record("line \(number)") }
    gateway.record("trap: unreachable executed", stream: .end)
    try await Application(router: gateway.router()).test(.live) { client in
      let seen = try await Browser.drive([
        .size(1280, 900), .scheme(scheme), .open(client, "#token=all"),
        .wait("document.querySelectorAll('#overview .panel:first-of-type tbody tr').length === 9"),
        .wait("page.overview.tiles.history.some((rate) => rate > 1000)"),
        .say("location.hash"), .say("document.documentElement.dataset.theme"), .say("getComputedStyle(document.body).backgroundColor"),
        .say("byId('platform').textContent"), .say("byId('facts').textContent"), .say("document.querySelector('tbody tr').innerText"),
        .say("document.querySelector('#monitors').innerText"),
        // A detail by the keyboard alone, and back.
        .run("document.querySelector('tbody a').focus()"), .key("Enter"), .wait("!byId('detail').hidden"),
        .wait("document.querySelectorAll('.log p').length === 6"),
        .wait("document.querySelectorAll('svg.histogram').length === 2"), .say("document.title"),
        .say("document.querySelector('.revision').textContent"),
        .say("document.querySelector('.log').innerText"), .say("document.querySelector('svg.histogram').getAttribute('aria-label')"),
        .key("Escape"), .wait("!byId('overview').hidden"), .say("document.activeElement.textContent"),
        .say("document.documentElement.scrollWidth <= innerWidth"),
        .size(390, 800), .say("document.documentElement.scrollWidth <= innerWidth"),
      ])
      #expect(seen.complaints.isEmpty)
      #expect(seen.said[0] == "#/", "the token is taken out of the address")
      #expect(seen.said[1] == scheme)
      #expect(seen.said[2] == (scheme == "light" ? "rgb(246, 246, 244)" : "rgb(18, 19, 22)"))
      #expect(seen.said[3].hasPrefix("Nothing here is confidential."))
      #expect(seen.said[4].contains("virtual machines (kvm)"))
      #expect(seen.said[5].contains("hello"))
      #expect(seen.said[6].contains("seccomp") && seen.said[6].contains("without user") && seen.said[6].contains("ready for any tenant"))
      #expect(seen.said[7] == "hello · Coffer")
      #expect(seen.said[8].wholeMatch(of: /Revision [0-9a-f]{96}/) != nil)
      #expect(seen.said[9].contains("line 4") && seen.said[9].contains("trap: unreachable executed"))
      #expect(seen.said[10].hasPrefix("Warm starts: "))
      #expect(seen.said[11] == "hello", "the focus is where one came from")
      #expect(seen.said[12] == "true")
      #expect(seen.said[13] == "true")
    }
  }

  /// Names of functions and tenants are checked where they are made, and lines where they are kept; the page believes neither.
  @Test(.timeLimit(.minutes(2))) func namesAndLinesOfLogsCannotScriptThePage() async throws {
    let hostile = [
      FakeNode.hostileName, "<script>hacked = 1</script>", "\"><svg onload=hacked=1>", "javascript:hacked=1", "${hacked=1}",
      "#token=stolen", "../../v1/node/logs",
    ]
    let gateway = FakeGateway(FakeNode(functions: hostile, tenants: ["<b onclick=hacked=1>x</b>", "y"]))
    for text in hostile { gateway.record(text, function: FakeNode.hostileName, tenant: "<b onclick=hacked=1>x</b>") }
    try await Application(router: gateway.router()).test(.live) { client in
      let seen = try await Browser.drive([
        .open(client, "#token=all"), .wait("document.querySelectorAll('#overview tbody.open tr').length === 7"),
        .say("[...document.querySelectorAll('tbody.open .name')].map((name) => name.textContent).sort().join('|')"),
        .run("[...document.querySelectorAll('tbody.open a')].find((link) => link.textContent.startsWith('<img')).click()"),
        .wait("!byId('detail').hidden"),
        .wait("document.querySelectorAll('.log p').length === 7"), .say("document.querySelector('.log').innerText"),
        .say("document.querySelectorAll('img, b[onclick], main script, svg[onload], iframe').length"), .say("typeof hacked"),
        .say("sessionStorage.getItem('coffer-token')"),
        .say("(() => { try { document.body.innerHTML = '<b>x</b>'; return 'markup'; } catch { return 'refused'; } })()"),
        .say("(() => { try { return String(eval('1')); } catch { return 'refused'; } })()"),
      ])
      #expect(seen.said[0] == hostile.sorted { $0.utf16.lexicographicallyPrecedes($1.utf16) }.joined(separator: "|"))
      for text in hostile { #expect(seen.said[1].contains(text)) }
      #expect(seen.said[2] == "0")
      #expect(seen.said[3] == "undefined")
      #expect(seen.said[4] == "all")
      // The driver's own attempts, which the page's policy refuses.
      #expect(seen.said[5] == "refused")
    }
  }

  @Test(.timeLimit(.minutes(2))) func saysWhenTheTokenIsMissingOrWrong() async throws {
    let gateway = FakeGateway(FakeNode(functions: FakeNode.examples))
    try await Application(router: gateway.router()).test(.live) { client in
      let enter = { (token: String) in Browser.Step.run("byId('token').value = '\(token)', byId('entrance-form').requestSubmit()") }
      let seen = try await Browser.drive([
        .open(client, ""), .wait("document.activeElement === byId('token')"), .say("byId('entrance').innerText"),
        .say("byId('overview').hidden"),
        enter("nobody"), .wait("byId('entrance-wrong').textContent !== ''"), .say("byId('entrance-wrong').textContent"),
        .say("sessionStorage.length"),
        enter("acme"), .wait("document.querySelectorAll('#overview tbody.open tr').length === 9"), .say("byId('entrance').hidden"),
        .run("byId('leave').click()"), .wait("!byId('entrance').hidden"), .say("sessionStorage.length"), .say("byId('overview').innerText"),
      ])
      #expect(seen.said[0].contains("admin-token"))
      #expect(seen.said[1] == "true")
      #expect(!seen.said[2].isEmpty)
      #expect(seen.said[3] == "0")
      #expect(seen.said[4] == "true")
      #expect(seen.said[5] == "0")
      #expect(seen.said[6].isEmpty)
      #expect(seen.complaints.allSatisfy { $0.contains("401") }, "the browser's own word for a refused request, and no other")
    }
  }

  @Test(.timeLimit(.minutes(2))) func saysWhenTheNodeIsGone() async throws {
    let gateway = FakeGateway(FakeNode(functions: FakeNode.examples))
    let driving = try await Application(router: gateway.router()).test(.live) { client in
      let driving = Task {
        try await Browser.drive([
          .open(client, "#token=all"), .wait("document.querySelectorAll('#overview tbody.open tr').length === 9"),
          .say("byId('connection').textContent"),
          .wait("/ending|does not answer|closed/.test(byId('trouble').textContent)", seconds: 30), .say("byId('connection').textContent"),
          .wait("byId('trouble').textContent === 'The node does not answer.'", seconds: 30),
          .say("document.querySelectorAll('#overview tbody.open tr').length"),
        ])
      }
      while gateway.view.feed.followerCount == 0 { try await Task.sleep(for: .milliseconds(50)) }
      try await Task.sleep(for: .seconds(2))
      gateway.view.drain()
      return driving
    }
    let seen = try await driving.value
    #expect(seen.said == ["Live", "Not connected", "9"], "what was last known stays in sight")
  }

  @Test(.timeLimit(.minutes(2))) func isUsableWithTenThousandFunctions() async throws {
    let gateway = FakeGateway(FakeNode(functions: (0..<10_000).map { "function-\($0)" }, called: 2000), interval: .seconds(1))
    try await Application(router: gateway.router()).test(.live) { client in
      let seen = try await Browser.drive([
        .open(client, "#token=all"), .wait("document.querySelectorAll('#overview tbody.open tr').length === 50", seconds: 30),
        .say("document.querySelector('.pager span').textContent"), .run("document.querySelector('.pager button:last-child').click()"),
        .wait("document.querySelector('.pager span').textContent === '51 – 100'"),
        .key("/"), .say("document.activeElement.id"),
        .run("byId('filter').value = '9999', byId('filter').dispatchEvent(new Event('input'))"),
        .wait("document.querySelectorAll('#overview tbody.open tr').length === 1"),
        .say("document.querySelector('#overview tbody.open .name').textContent"),
      ])
      #expect(seen.complaints.isEmpty)
      #expect(seen.said == ["1 – 50", "filter", "function-9999"])
    }
  }

  /// A function's page is of the same address as the dashboard; it must not get at the dashboard's token.
  @Test(.timeLimit(.minutes(2))) func aFunctionsPageIsNotOfTheDashboardsOrigin() async throws {
    let gateway = FakeGateway(FakeNode(functions: FakeNode.examples))
    let router = gateway.router()
    let script = """
      <!doctype html><title>ready</title><script>
      let found = []; const attempt = (name, what) => { try { found.push(name + "=" + what()) } catch { found.push(name + " refused") } };
      attempt("storage", () => sessionStorage.getItem("coffer-token")); attempt("cookie", () => document.cookie);
      attempt("worker", () => { if (!navigator.serviceWorker) throw 0; return "there" });
      attempt("window", () => { const other = open("/"); return other.document.title });
      document.title = "ran"; const told = found.join(", ");
      </script>
      """
    for isConfined in [true, false] {
      router.get(isConfined ? "/f/evil" : "/unconfined") { _, _ in
        var confined: HTTPHeaders = ["service-worker-allowed": "/", "clear-site-data": "\"*\""]
        if isConfined { SharedOrigin.confine(&confined) } else { confined = [:] }
        var headers: HTTPFields = [.contentType: "text/html"]
        for (name, value) in confined { headers.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value)) }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: script)))
      }
    }
    try await Application(router: router).test(.live) { client in
      let seen = try await Browser.drive([
        .open(client, "#token=all"), .wait("document.querySelectorAll('#overview tbody.open tr').length === 9"),
        .open(client, "unconfined"), .wait("document.title === 'ran'"), .say("told"),
        .open(client, "f/evil"), .wait("document.title === 'ran'"), .say("told"),
        .open(client, "#/"), .wait("document.querySelectorAll('#overview tbody.open tr').length === 9"),
      ])
      #expect(seen.said[0].hasPrefix("storage=all"), "without the confinement it could: \(seen.said[0])")
      #expect(seen.said[1].hasPrefix("storage refused, cookie refused"), "\(seen.said[1])")
      #expect(!seen.said[1].contains("window=Coffer"))
    }
  }
}
