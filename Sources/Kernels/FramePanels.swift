internal import CMath
internal import Tensors

/// Activations in the layout of sparse products: panels of up to 96 frames, each (channels, frames of the
/// panel), so that one weight multiplies whole vectors of frames.
///
/// Frames are divided evenly and padded to a vector of 16, not to a panel: odd numbers of frames cost next to
/// nothing.
struct FramePanels: Sendable {
    let frames: Int
    let channels: Int
    private let memory: Tensor

    /// Panels whose elements are undefined.
    init(frames: Int, channels: Int, arena: inout Arena) {
        self.frames = frames
        self.channels = channels
        memory = arena.tensor(rows: Self.paddedFrames(frames), columns: channels)
    }

    /// Panels of rows of frames.
    init(of tensor: Tensor, arena: inout Arena) {
        self.init(frames: tensor.rows, channels: tensor.columns, arena: &arena)
        pack(tensor)
    }

    /// The padded number of frames.
    static func paddedFrames(_ frames: Int) -> Int { (frames + lanes - 1) / lanes * lanes }

    /// A panel's frames.
    struct Panel {
        /// The first frame.
        let first: Int
        /// Vectors of 16 frames.
        let width: Int
        /// Its first number.
        let pointer: UnsafeMutablePointer<Float>
    }

    /// The number of panels.
    var count: Int { (vectors + Int(PARP_SPARSE_WIDTH) - 1) / Int(PARP_SPARSE_WIDTH) }

    /// One of the panels.
    subscript(index: Int) -> Panel {
        let first = vectors * index / count
        let width = vectors * (index + 1) / count - first
        return Panel(
            first: first * Self.lanes, width: width, pointer: memory.pointer + first * Self.lanes * channels)
    }

    /// The panel with the frames of a panel of other channels.
    subscript(panelOf other: Panel) -> Panel {
        Panel(first: other.first, width: other.width, pointer: memory.pointer + other.first * channels)
    }

    /// Loads rows of frames.
    private func pack(_ tensor: Tensor) {
        precondition(tensor.rows == frames && tensor.columns == channels, "panels of another extent")
        forEachPart { panel, range in
            parp_panel_pack(
                tensor.pointer + panel.first * channels + range.lowerBound, Int64(channels),
                Int64(frames - panel.first), Int64(range.count), Int64(panel.width),
                panel.pointer + range.lowerBound * panel.width * Self.lanes)
        }
    }

    /// Stores rows of frames, with a bias, or adds to them.
    func unpack(bias: Tensor?, adding: Bool, into tensor: Tensor) {
        precondition(tensor.rows == frames && tensor.columns == channels, "panels of another extent")
        forEachPart { panel, range in
            parp_panel_unpack(
                panel.pointer + range.lowerBound * panel.width * Self.lanes, Int64(panel.width),
                Int64(frames - panel.first), Int64(range.count), bias.map { $0.pointer + range.lowerBound },
                adding ? 1 : 0, tensor.pointer + panel.first * channels + range.lowerBound, Int64(channels))
        }
    }

    /// Runs `body` over all panels, each by ranges of channels, on this rank's threads.
    ///
    /// On the counting device it does nothing.
    func forEachPart(_ body: @Sendable (Panel, Range<Int>) -> Void) {
        guard memory.device == .cpu else { return }
        // One panel at a time stays in the caches; if there are fewer panels than threads, channels are
        // divided.
        let blocks = (channels + Self.lanes - 1) / Self.lanes
        let cuts = min(blocks, max(1, (2 * Threads.count + count - 1) / max(1, count)))
        let parts = Threads.count == 1 ? 1 : cuts
        parallelFor(count * parts, grain: 1) { range in
            for item in range {
                let (panel, part) = (item / parts, item % parts)
                let first = blocks * part / parts * Self.lanes
                let end = min(channels, blocks * (part + 1) / parts * Self.lanes)
                body(self[panel], first..<end)
            }
        }
    }

    private static let lanes = Int(PARP_SPARSE_LANES)
    private var vectors: Int { (frames + Self.lanes - 1) / Self.lanes }
}
