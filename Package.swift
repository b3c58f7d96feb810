// swift-tools-version: 6.2
import PackageDescription

/// Our targets treat every warning as an error; packages we depend on keep their own rules.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "lpsim",
  products: [
    .executable(name: "lpsim", targets: ["lpsim"]),
    .executable(name: "lpsim-bench", targets: ["lpsim-bench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .target(name: "Base", dependencies: ["Yams"], swiftSettings: strict),
    .target(name: "HardwareModels", dependencies: ["Base"], swiftSettings: strict),
    .target(name: "Analysis", dependencies: ["Base", "HardwareModels"], swiftSettings: strict),
    .target(name: "Traces", dependencies: ["Base"], swiftSettings: strict),
    .target(
      name: "Sim",
      dependencies: [
        "Base", "HardwareModels", "Traces", .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: strict),
    .target(
      name: "Results",
      dependencies: [
        "Base", "Sim", "HardwareModels", "Traces", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .target(name: "Pictures", swiftSettings: strict),
    .target(name: "Calibration", dependencies: ["Base", "HardwareModels", "Pictures"], swiftSettings: strict),
    .target(name: "Reporting", dependencies: ["Base", "Results", "Pictures"], swiftSettings: strict),
    .target(
      name: "Fidelity",
      dependencies: ["Base", "HardwareModels", "Analysis", "Traces", "Sim", "Results", "Calibration", "Pictures"],
      swiftSettings: strict),
    .target(name: "Sensitivity", dependencies: ["Base", "Traces", "Sim", "Results"], swiftSettings: strict),
    .target(name: "Sizing", dependencies: ["Base", "Traces", "Sim", "Results"], swiftSettings: strict),
    .executableTarget(
      name: "lpsim",
      dependencies: [
        "Base", "HardwareModels", "Analysis", "Traces", "Sim", "Results", "RealKernels", "Calibration", "Fidelity",
        "Sensitivity", "Sizing", "Pictures", "Reporting",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "lpsim-bench", dependencies: ["Base", "HardwareModels", "Traces", "Sim", "Results"], swiftSettings: strict),
    .target(name: "CKernels", path: "Sources/RealKernels/include", publicHeadersPath: "."),
    .target(
      name: "RealKernels", dependencies: ["Base", "HardwareModels", "Sim", "CKernels"],
      exclude: ["CPU", "CUDA", "Common", "include", "kernels.mk"], swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: ["Base", "HardwareModels", "Traces", "Sim"], path: "Tests/Support",
      swiftSettings: strict),
    .testTarget(name: "BaseTests", dependencies: ["Base", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "HardwareModelsTests", dependencies: ["Base", "HardwareModels", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "AnalysisTests", dependencies: ["Base", "HardwareModels", "Analysis", "TestSupport"],
      swiftSettings: strict),
    .testTarget(name: "TracesTests", dependencies: ["Base", "Traces", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SimTests", dependencies: ["Base", "HardwareModels", "Traces", "Sim", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ResultsTests",
      dependencies: [
        "Base", "HardwareModels", "Traces", "Sim", "Results", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .testTarget(name: "PicturesTests", dependencies: ["Pictures"], swiftSettings: strict),
    .testTarget(
      name: "ReportingTests",
      dependencies: ["Base", "HardwareModels", "Sim", "Results", "Pictures", "Reporting", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "CalibrationTests", dependencies: ["Base", "HardwareModels", "Calibration", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "FidelityTests",
      dependencies: ["Base", "HardwareModels", "Traces", "Sim", "Results", "Calibration", "Fidelity", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "SensitivityTests",
      dependencies: ["Base", "Traces", "Sim", "Results", "Sensitivity", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SizingTests",
      dependencies: ["Base", "Traces", "Sim", "Results", "Sizing", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "RealKernelsTests",
      dependencies: ["Base", "HardwareModels", "Traces", "Sim", "RealKernels", "CKernels", "TestSupport"],
      exclude: ["CUDAEmulator"], swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: ["Base", "Results", "TestSupport", "lpsim", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
  ]
)
