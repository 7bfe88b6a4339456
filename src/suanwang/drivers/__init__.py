"""Floor 5: run the attempts of jobs on local processes, Slurm, Ray: one port, one contract suite."""
