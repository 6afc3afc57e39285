"""The disk model as it is shipped, the parser of SMART reports, and the rules."""
