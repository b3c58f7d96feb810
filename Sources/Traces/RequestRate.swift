import Base

/// The unit of a trace's length.
public enum RequestUnit {}

/// How many requests arrive each second, on average.
public typealias RequestsPerSecond = Quantity<Per<RequestUnit, SecondUnit>>
