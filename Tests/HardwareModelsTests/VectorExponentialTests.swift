import Foundation
import Testing

@testable import HardwareModels

@Suite struct VectorExponentialTests {
  @Test func itAgreesWithTheScalarOneToTheLastBits() {
    for step in stride(from: 0.0, through: 680, by: 0.37) {
      let x = SIMD8<Double>(0, -step, -step / 3, -step / 7, -step / 100, -step / 1e4, -step / 1e8, -step / 1.1)
      let found = exponential(ofNonPositive: x)
      for lane in 0..<8 {
        let error = (found[lane] / exp(x[lane]) - 1).magnitude
        #expect(error < 1e-15, "e^\(x[lane])")
      }
    }
  }

  @Test func farBelowZeroItVanishes() {
    #expect(exponential(ofNonPositive: SIMD8(repeating: -1e9)).max() < 1e-299)
  }
}
