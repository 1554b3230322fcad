"""Tests of the software. Every random test prints its seed (hypothesis does, on failure)."""
