internal import Foundation

/// Prints a warning to standard error; the command continues.
package func warn(_ sentence: String) {
    FileHandle.standardError.write(Data("parp: warning: \(sentence)\n".utf8))
}
