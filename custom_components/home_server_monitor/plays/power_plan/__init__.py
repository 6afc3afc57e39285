"""The shutdown plan of a UPS: what is stopped when mains fails, in which order, and how all of it comes back.

`plan` is what an admin wrote, `machine.step` decides, `learning`, `battery` and `outages` say what was measured so far;
none of them knows Home Assistant.
"""
