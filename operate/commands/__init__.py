"""The words of ``mien``, a module each, with ``add_parser(subparsers)`` and ``run(arguments, settings)``."""
