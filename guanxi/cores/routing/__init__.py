"""Visit plans and territories: periodic vehicle routing as a pure core. README.md is the guide for readers."""
