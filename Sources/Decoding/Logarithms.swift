#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// The C library's names stay in this file, away from the module's own.

func power10(_ x: Double) -> Double { pow(10, x) }
func logarithm10(_ x: Double) -> Double { log10(x) }
func exponential(_ x: Float) -> Float { expf(x) }
func logarithm(_ x: Float) -> Float { logf(x) }

/// ln 10: converts language models' logarithms to acoustic ones.
let naturalLogarithmOf10: Float = 2.302_585

/// ln(eᵃ + eᵇ).
@inline(__always)
func logSum(_ a: Float, _ b: Float) -> Float {
    let (high, low) = a > b ? (a, b) : (b, a)
    let difference = low - high
    // Below float32's resolution; also if both are minus infinity, whose difference is NaN.
    guard difference > -17 else { return high }
    return high + log1pf(expf(difference))
}
