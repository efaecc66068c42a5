"""`python -m bench`: every measurement, one after another."""

from bench import fanout, jobs, streams, upload
from bench.processes import machine

if __name__ == "__main__":
    print(f"On {machine()}:\n")
    upload.main()
    print()
    streams.main()
    print()
    fanout.main()
    print()
    jobs.main()
