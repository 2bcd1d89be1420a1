internal import Commands

runCommandLine()
