import Base
import Foundation
import TestSupport
import Testing

/// Configs are found from any folder.
struct ConfigSearchTests {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  /// A copy of the program at a path below the sandbox.
  private func install(at path: String) throws -> String {
    let target = URL(filePath: sandbox.path(path))
    try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: URL(filePath: lpsimBinary), to: target)
    return target.path
  }

  private func copyConfigs(to path: String) throws {
    let target = URL(filePath: sandbox.path(path))
    try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: URL(filePath: projectFile("configs")), to: target)
  }

  @Test func aProgramWithoutConfigsSaysSo() throws {
    let binary = try install(at: "alone/lpsim")
    let run = try sandbox.lpsim("run", "qwen3-30b", "--trace", "arxiv", binary: binary)
    #expect(
      run == .refused(.noInput, "no config \"qwen3-30b\" — no config folder was found; set LPSIM_CONFIG_PATH"))
  }

  @Test(arguments: [
    ("lpsim", "configs"), ("prefix/bin/lpsim", "prefix/share/lpsim/configs"), ("a/b/c/lpsim", "a/configs"),
  ])
  func configsAreFoundBesideAndAboveTheProgram(_ program: String, _ configs: String) throws {
    let binary = try install(at: program)
    try copyConfigs(to: configs)
    let elsewhere = try Sandbox()
    let run = try elsewhere.lpsim("run", "qwen3-30b", "--trace", "arxiv", "--requests", "3", binary: binary)
    #expect(run.status == 0)
    let byPath = try elsewhere.lpsim("show", "configs/qwen3-30b.json", "--config-only", binary: binary)
    #expect(byPath.status == 0)
  }

  @Test func theEnvironmentComesFirst() throws {
    let binary = try install(at: "alone/lpsim")
    try copyConfigs(to: "mine")
    try sandbox.write("{\"extends\": \"default\"}", to: "more/only.json")
    let path = "\(sandbox.path("more")):\(sandbox.path("mine"))"
    let list = try sandbox.lpsim("list", "models", binary: binary, environment: ["LPSIM_CONFIG_PATH": path])
    #expect(list.out.contains("qwen3-30b-a3b"))
    let own = try sandbox.lpsim(
      "show", "only", binary: binary, environment: ["LPSIM_CONFIG_PATH": path])
    #expect(
      own == .refused(.config, "\(sandbox.path("more"))/only.json: line 1, column 1: the key \"name\" is missing"))
  }

  @Test func aLinkToTheProgramFindsTheConfigsOfTheProgram() throws {
    let binary = try install(at: "prefix/bin/lpsim")
    try copyConfigs(to: "prefix/share/lpsim/configs")
    let link = sandbox.path("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: binary)
    #expect(try sandbox.lpsim("show", "qwen3-30b", binary: link).status == 0)
  }
}
