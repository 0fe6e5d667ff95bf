"""Takes bytes apart for people: records, diagrams, explanations, the live trace, and capture files."""
