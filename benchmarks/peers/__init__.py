"""Peers written by hand for one benchmark: what a careful user of another library would write."""
