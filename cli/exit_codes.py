"""The exit codes of the command line beside 0, done, and those of refusals, which their errors carry."""

GATE_FAILED = 1
NOT_HERE = 3  # not enough memory, a library that does not load, an input that changes: as ResourceError has it
DEFECT = 70  # EX_SOFTWARE of sysexits.h
SIGNALLED = 128  # and the number of the signal: 129 hung up, 130 interrupted, 143 terminated
