internal import Foundation

/// Says on standard error what its user should know, though the command goes on.
package func warn(_ sentence: String) {
    FileHandle.standardError.write(Data("parp: warning: \(sentence)\n".utf8))
}
