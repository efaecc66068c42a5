"""Measurements beside peers, in one run on one machine. `make bench` prints them all."""
