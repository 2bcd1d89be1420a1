internal import Checkpoints
internal import Foundation
package import Program

/// Where a command writes a model or a file, and what it reads to do so.
///
/// Every command that writes checks before it begins: nothing that exists is replaced unasked; a run or an
/// input, never.
package struct OutputPlace: Sendable {
    /// The folder or file to write.
    private let path: String
    /// The models and masks that are read.
    private let sources: [String]
    /// Whether an existing model or file may be replaced.
    private let overwrites: Bool

    /// A place, with the inputs that it must not replace.
    package init(_ path: String, reading sources: [String] = [], overwrites: Bool = false) {
        // A trailing slash would hide the folder's parent.
        self.path =
            path.utf8.count > 1 && path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
        self.sources = sources
        self.overwrites = overwrites
    }

    /// Refuses a place where a model's folder cannot go.
    ///
    /// - Throws: `UserError` with code 64, saying what is there and what to do.
    package func requireFreeForModel() throws(UserError) {
        try requireOtherThanSources()
        switch PathKind(path) {
        case .absent: return
        case .file: throw refused("is a file")
        case .folder(let names):
            guard !names.isEmpty else { return }
            try requireOutsideRuns()
            guard names.contains("config.json") else {
                throw refused("is a folder of other files, which would be lost")
            }
            guard overwrites else {
                throw UserError(
                    .usage,
                    "\(path) holds a model already; choose another --output, or replace it with --overwrite")
            }
        }
    }

    /// Refuses a place where a file cannot go.
    ///
    /// - Throws: `UserError` with code 64, saying what is there and what to do.
    package func requireFreeForFile() throws(UserError) {
        try requireOtherThanSources()
        switch PathKind(path) {
        case .absent: return
        case .folder: throw refused("is a folder")
        case .file:
            guard overwrites else {
                throw UserError(
                    .usage,
                    "\(path) exists already; choose another --output, or replace it with --overwrite")
            }
        }
    }

    /// Refuses an input, and a folder that contains one: both would be gone before the work is done.
    private func requireOtherThanSources() throws(UserError) {
        let place = realPath(path)
        for source in sources {
            let origin = realPath(source)
            if origin.elementsEqual(place) { throw refused("is an input (\(source))") }
            if isInside(origin, place) { throw refused("contains an input (\(source))") }
        }
    }

    private func requireOutsideRuns() throws(UserError) {
        if RunDirectory(path: path).holdsAnyRun { throw refused("holds a run, which is never replaced") }
        if RunDirectory.isPart(path) { throw refused("is part of a run, which is never replaced") }
    }

    private func refused(_ reason: String) -> UserError {
        UserError(.usage, "\(path) \(reason); choose another --output")
    }
}

/// What a path leads to.
private enum PathKind {
    case absent
    case file
    /// A folder with its contents.
    case folder([String])

    init(_ path: String) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            self = .absent
            return
        }
        self =
            isDirectory.boolValue
            ? .folder((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [path]) : .file
    }
}

/// A path's components from the root, with links resolved as far as it exists.
private func realPath(_ path: String) -> [String] {
    URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().pathComponents
}

/// Whether a path is inside another.
private func isInside(_ path: [String], _ folder: [String]) -> Bool {
    path.count > folder.count && path.starts(with: folder)
}

extension RunDirectory {
    /// Whether a folder is one of those written by a run.
    fileprivate static func isPart(_ path: String) -> Bool {
        let components = realPath(path)
        guard let name = components.last, ["best", "final", "checkpoints", "masks"].contains(name) else {
            return false
        }
        let above = RunDirectory(path: NSString.path(withComponents: components.dropLast()))
        return [above.recipe, above.metrics].contains(where: FileManager.default.fileExists)
    }

    /// Refuses a folder inside the model that the run starts from, since writing there would change that
    /// model.
    func requireOutside(model: String) throws(UserError) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: model, isDirectory: &isDirectory), isDirectory.boolValue
        else { return }
        let (place, origin) = (realPath(path), realPath(model))
        guard place == origin || isInside(place, origin) else { return }
        throw UserError(
            .usage,
            "\(path) is inside model.path, the model that the run starts from; choose another --output")
    }
}
