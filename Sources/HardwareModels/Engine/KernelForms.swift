import Base

/// How long a dense matrix product of m rows, n columns and k inner ones takes:
/// t0 + k tau + ((flops / (e_f peak))^p + (bytes / (e_b bandwidth))^p)^(1/p) + 3 m k / (e_q bandwidth), where flops are
/// 2 m n k, or more where ``Waves`` count. This and the other forms were found by cross-validation on measured kernels
/// (docs/calibration.md).
public struct MatrixProductForm: Hashable, Sendable {
  /// Weights of this format.
  public var format: NumberFormat
  /// The fewest rows it is for, where the software has another kernel for fewer; nil if it is for any.
  public var fromRows: Int?
  /// t0: a kernel that does nothing.
  public var start: Seconds
  /// e_f: the share of peak compute that is reached.
  public var flopEfficiency: Double
  /// e_b: the share of peak bandwidth that is reached.
  public var bandwidthEfficiency: Double
  /// p: at 1 arithmetic and memory add up, as it grows the longer one hides the other.
  public var overlapExponent: Double
  /// tau: what a step of the main loop over the inner dimension takes however many tiles run beside it; nil where no tiles
  /// do.
  public var timePerInnerRow: Seconds?
  /// e_q: the share of peak bandwidth at which rows are read in BF16 and written in FP8 before they are multiplied; nil
  /// where rows stay as they are.
  public var quantizationEfficiency: Double?
  /// What a last wave of tiles that is not full costs; nil where kernels go on without waves.
  public var waves: Waves?

  /// A form with these parameters.
  public init(
    format: NumberFormat, fromRows: Int? = nil, start: Seconds, flopEfficiency: Double, bandwidthEfficiency: Double,
    overlapExponent: Double, timePerInnerRow: Seconds? = nil, quantizationEfficiency: Double? = nil,
    waves: Waves? = nil
  ) {
    self.format = format
    self.fromRows = fromRows
    self.start = start
    self.flopEfficiency = flopEfficiency
    self.bandwidthEfficiency = bandwidthEfficiency
    self.overlapExponent = overlapExponent
    self.timePerInnerRow = timePerInnerRow
    self.quantizationEfficiency = quantizationEfficiency
    self.waves = waves
  }

  /// Tiles of up to 128 rows and 256 columns, of which so many run at once.
  public struct Waves: Hashable, Sendable {
    /// Tiles that run at once: the multiprocessors of the GPU.
    public var tiles: Int
    /// How much of what is missing in the last wave counts as computed.
    public var share: Double

    /// Waves of so many tiles.
    public init(tiles: Int, share: Double) {
      self.tiles = tiles
      self.share = share
    }

    /// Elements of the result that count as computed for so many products of m rows and n columns: at share 1 those of
    /// whole waves. Tiles are as narrow as lets all run at once, from 64 columns on; where tiles of 32 would leave room,
    /// products are cut along k and fill the GPU.
    func elements(rows: Int, columns: Int, products: Int) -> Double {
      func parts(_ whole: Int, of size: Int) -> Int { (whole + size - 1) / size }
      let height = [16, 32, 64].first { rows <= $0 } ?? 128
      func count(_ width: Int) -> Int { products * parts(rows, of: height) * parts(columns, of: width) }
      let exact = Double(products) * Double(rows) * Double(columns)
      guard count(32) > tiles else { return exact }
      let width = [64, 128].first { count($0) <= tiles } ?? 256
      let whole = Double(parts(count(width), of: tiles) * tiles * height * width)
      return exact + share * max(0, whole - exact)
    }
  }
}
