"""The demo company: a year of 恒信智造, made by running the real actions with the clock set back."""
