"""Where steps run. One file is one engine; all give equal rows."""
