"""Who may come in, and what they may see: the same for every service that answers HTTP (docs/adr/0031)."""
