"""Prints the manual page parp(1), made of what `parp --experimental-dump-help` says of its commands."""

import json
import sys


def escaped(text):
    lines = text.replace("\\", "\\e").replace("-", "\\-").split("\n")
    # A dot or an apostrophe at the start of a line would be a command.
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in lines)


def paragraphs(text):
    blocks = []
    for block in text.split("\n\n"):
        lines = block.split("\n")
        if all(line.startswith("  ") for line in lines):
            blocks.append(".nf\n" + escaped(block) + "\n.fi")
        else:
            blocks.append(escaped(block))
    return "\n.PP\n".join(blocks)


def name_of(name):
    return ("-" if name["kind"] == "short" else "--") + name["name"]


def argument_lines(argument):
    value = argument.get("valueName", "")
    if argument["kind"] == "positional":
        term = f"\\fI{escaped(value)}\\fR" + (" ..." if argument["isRepeating"] else "")
    else:
        names = ", ".join(f"\\fB{escaped(name_of(name))}\\fR" for name in argument["names"])
        term = names + (f" \\fI{escaped(value)}\\fR" if argument["kind"] == "option" else "")
    text = argument.get("abstract", "")
    default = argument.get("defaultValue")
    if default not in (None, "") and argument["kind"] == "option":
        text = text.rstrip(".") + f" (default: {default})."
    return [".TP", term, escaped(text) or "\\&"]


def command_lines(command, words):
    words = words + [command["commandName"]]
    subcommands = [sub for sub in command.get("subcommands", []) if sub.get("shouldDisplay", True)]
    subcommands = [sub for sub in subcommands if sub["commandName"] != "help"]
    lines = []
    if len(words) > 1:
        lines += [f".SS {escaped(' '.join(words))}", paragraphs(command.get("abstract", ""))]
        if command.get("discussion"):
            lines += [".PP", paragraphs(command["discussion"])]
        for argument in command.get("arguments", []):
            if argument.get("shouldDisplay", True) and name_of_help(argument) not in ("help", "version"):
                lines += argument_lines(argument)
    for sub in subcommands:
        lines += command_lines(sub, words)
    return lines


def name_of_help(argument):
    return argument.get("preferredName", {}).get("name", "")


def main():
    command = json.load(sys.stdin)["command"]
    version = sys.argv[1] if len(sys.argv) > 1 else ""
    lines = [
        f'.TH PARP 1 "" "parp {version}" "User Commands"', ".SH NAME",
        "parp \\- " + escaped(command["abstract"].rstrip(".")), ".SH SYNOPSIS",
        "\\fBparp\\fR \\fIcommand\\fR [\\fIarguments\\fR]", ".br",
        "\\fBmpirun\\fR \\fB\\-np\\fR \\fIranks\\fR \\fBparp train\\fR \\fIrecipe\\fR", ".SH DESCRIPTION",
        paragraphs(command["discussion"]), ".SH COMMANDS",
    ]
    lines += command_lines(command, [])
    lines += [
        ".SH EXIT STATUS", ".TP", "0", "Done.", ".TP", "64", "Wrong usage, or an impossible recipe.", ".TP", "65",
        "Data or a model that cannot be used.", ".TP", "70", "A fault of the program or the machine.", ".TP", "75",
        "A rank was lost or silent for too long.", ".TP", "85",
        "Interrupted; what was done is in a checkpoint: run again with \\fB\\-\\-resume\\fR.",
    ]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
