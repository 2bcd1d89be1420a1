public import Checkpoints
public import Foundation
internal import JSON

extension ModelDirectory {
    /// The bytes of `config.json`, for a typed decoder.
    public var configData: Data { Data(config.line.utf8) }
}
