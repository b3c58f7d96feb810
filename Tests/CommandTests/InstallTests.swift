import Foundation
import TestSupport
import Testing

/// What `make install` puts below a folder.
struct InstallTests {
  private let sandbox: Sandbox

  init() throws {
    sandbox = try Sandbox()
    let install = try sandbox.shell("'\(projectFile("scripts/install.sh"))' '\(lpsimBinary)' usr")
    #expect(install == Outcome(status: 0, out: "", errors: ""))
  }

  private static let page = "usr/share/man/man1/lpsim.1"

  @Test func theInstalledProgramFindsItsConfigs() throws {
    let run = try sandbox.lpsim(
      words: "run qwen3-30b --trace arxiv --requests 2 --json", binary: sandbox.path("usr/bin/lpsim"))
    #expect(run.status == 0)
  }

  @Test(arguments: [
    ("bash", "usr/share/bash-completion/completions/lpsim"), ("zsh", "usr/share/zsh/site-functions/_lpsim"),
    ("fish", "usr/share/fish/vendor_completions.d/lpsim.fish"),
  ])
  func eachShellFindsItsCompletions(_ shell: String, _ file: String) throws {
    #expect(try sandbox.read(file) == sandbox.lpsim("--generate-completion-script", shell).out)
  }

  @Test func bashTakesTheCompletions() throws {
    let registered = try sandbox.shell(
      "bash -c '. usr/share/bash-completion/completions/lpsim && complete -p lpsim'")
    #expect(registered.errors == "")
    #expect(registered.out.hasPrefix("complete ") && registered.out.hasSuffix(" lpsim\n"))
  }

  @Test func theManPageHasASectionForEachCommand() throws {
    let headings = try sandbox.read(Self.page).split(separator: "\n").filter { $0.hasPrefix(".SH ") }.map(String.init)
    for command in ["RUN", "LIST", "SHOW", "TRACE", "REPRODUCE", "SENSITIVITY", "CALIBRATE", "COMPARE-BENCH"] {
      #expect(headings.contains(".SH \"LPSIM \(command)\""))
    }
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/groff"), "groff is not there"))
  func theManPageIsSetWithoutAWarning() throws {
    let set = try sandbox.shell("/usr/bin/groff -man -Tutf8 -ww -z \(Self.page)")
    #expect(set == Outcome(status: 0, out: "", errors: ""))
    let text = try sandbox.shell("/usr/bin/groff -man -Tascii -P-c -P-b -P-u \(Self.page)").out
    #expect(text.contains("\n         lpsim run configs/qwen3-30b.json --trace arxiv\n"))
  }

  @Test func whatWasInstalledCanBeTakenAway() throws {
    let remove = try sandbox.shell("'\(projectFile("scripts/install.sh"))' --remove '\(lpsimBinary)' usr")
    #expect(remove == Outcome(status: 0, out: "", errors: ""))
    #expect(try sandbox.shell("find usr -type f").out == "")
  }
}
