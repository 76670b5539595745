"""Engines: their interface, their common loop, amp and bp (see `ep` for the third)."""
