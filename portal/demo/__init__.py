"""A program that lives: people in every state, and a year of their clicks and sales."""

from pathlib import Path

DEMO_PROGRAM = Path(__file__).with_name("kartra.toml")
