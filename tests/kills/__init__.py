"""The whole portal under kill -9: `python -m tests.kills --cases 1000 --kills 40 --seed 1`."""
