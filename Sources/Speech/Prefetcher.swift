internal import Foundation
internal import Synchronization

/// Loads what will be needed next on a thread of its own, `prefetch`, a few items ahead.
///
/// A class: the loading thread and its reader share it.
public final class Prefetcher<Element: Sendable>: Sendable {
    private struct State {
        var loaded: [Result<Element, any Error>] = []
        var isCancelled = false
    }

    private let state = Mutex(State())
    private let filled = DispatchSemaphore(value: 0)
    private let room: DispatchSemaphore

    /// Starts loading.
    ///
    /// - Parameters:
    ///   - depth: Items that may lie ready.
    ///   - load: Called on the thread for one item after another; nil ends it, and so does an error.
    public init(depth: Int = 2, load: @escaping @Sendable () throws -> Element?) {
        room = DispatchSemaphore(value: depth)
        let thread = Thread { [self] in
            var isOver = false
            while !isOver {
                room.wait()
                if state.withLock({ $0.isCancelled }) { return }
                let outcome = Result { try load() }
                switch outcome {
                case .success(let element?): state.withLock { $0.loaded.append(.success(element)) }
                case .success(nil): isOver = true
                case .failure(let error):
                    state.withLock { $0.loaded.append(.failure(error)) }
                    isOver = true
                }
                filled.signal()
            }
        }
        thread.name = "prefetch"
        thread.start()
    }

    /// The next item, waiting until it is loaded; nil behind the last.
    ///
    /// - Throws: What `load` threw.
    public func next() throws -> Element? {
        filled.wait()
        let outcome = state.withLock { $0.loaded.isEmpty ? nil : $0.loaded.removeFirst() }
        room.signal()
        guard let outcome else {
            // Nothing comes behind the end; the next reader is told so, too.
            filled.signal()
            return nil
        }
        return try outcome.get()
    }

    /// Lets the thread end after the item it is loading.
    public func cancel() {
        state.withLock { $0.isCancelled = true }
        room.signal()
    }
}
