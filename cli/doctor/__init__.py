"""What usually breaks such a stack, looked for one by one.

Each part first gathers a reading, which is plain data, and then judges it, purely: the judgement is what `doctor` says.
"""
