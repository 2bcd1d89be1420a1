internal import Foundation
internal import Synchronization

/// Loads the next items on its own thread, `prefetch`, a few ahead.
///
/// The thread ends after the last item, after an error, when told to, or with the prefetcher.
package final class Prefetcher<Element: Sendable>: Sendable {
    // A class because its deinitialisation ends the thread.
    private let shelf: Shelf

    /// State shared by the loading thread and its reader, hence a class.
    private final class Shelf: Sendable {
        struct State {
            var loaded: [Result<Element, any Error>] = []
            var isCancelled = false
        }

        let state = Mutex(State())
        // Both start at 0 and are raised from there: libdispatch crashes if a semaphore is released while
        // below its initial value.
        let filled = DispatchSemaphore(value: 0)
        let room = DispatchSemaphore(value: 0)
    }

    /// Starts loading.
    ///
    /// - Parameters:
    ///   - depth: The maximum number of items ready.
    ///   - load: Called on the thread for one item after another; nil or an error ends it.
    package init(depth: Int = 2, load: @escaping @Sendable () throws -> Element?) {
        let shelf = Shelf()
        self.shelf = shelf
        for _ in 0..<depth { shelf.room.signal() }
        let thread = Thread {
            var isOver = false
            while !isOver {
                shelf.room.wait()
                if shelf.state.withLock({ $0.isCancelled }) { return }
                let outcome = Result { try load() }
                switch outcome {
                case .success(let element?): shelf.state.withLock { $0.loaded.append(.success(element)) }
                case .success(nil): isOver = true
                case .failure(let error):
                    shelf.state.withLock { $0.loaded.append(.failure(error)) }
                    isOver = true
                }
                shelf.filled.signal()
            }
        }
        thread.name = "prefetch"
        thread.start()
    }

    deinit { cancel() }

    /// The next item, waiting until it is loaded; nil after the last, after an error, and once cancelled.
    ///
    /// - Throws: What `load` threw.
    package func next() throws -> Element? {
        shelf.filled.wait()
        let outcome = shelf.state.withLock { state in
            state.isCancelled || state.loaded.isEmpty ? nil : state.loaded.removeFirst()
        }
        guard case .success(let element) = outcome else {
            // Nothing comes after the end; the next reader must learn this too.
            shelf.filled.signal()
            return try outcome?.get()
        }
        shelf.room.signal()
        return element
    }

    /// Lets the thread end after the item it is loading; a reader that waits gets nil.
    package func cancel() {
        shelf.state.withLock { $0.isCancelled = true }
        shelf.room.signal()
        shelf.filled.signal()
    }
}
