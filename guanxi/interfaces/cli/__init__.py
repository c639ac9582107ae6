"""The command line: one module per command in `commands/`, each with NAME, HELP, configure(parser) and run(options)."""
