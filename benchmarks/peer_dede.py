"""DeDe's side of the comparison: runs under the Python of DeDe's own environment, not under ours.

    python peer_dede.py ASKED.npz ANSWERED.npz

Places are variables in [0, 1]; a pool with all its slots is a resource, a job a demand. Capacities are
scaled to 1 and savings to a mean of 1, so that one ρ suits all constraints. Building the subproblems is not
timed; their iterations are, on two processors.
"""

# pyright: basic, reportMissingImports=false
import os
import sys
import time

import dede
import numpy as np
import ray


def groups(labels):
    """The positions of each label."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def build(asked):
    """DeDe's problem and its variable."""
    count = len(asked["job"])
    x = dede.Variable(count, nonneg=True)
    demands = [x[mine].sum() <= 1 for mine in groups(asked["job"])]
    resources = []
    capacity = asked["capacity"].astype(float)
    for mine in groups(asked["column"]):
        column = asked["column"][mine[0]]
        held = np.zeros((capacity.shape[0], len(mine)))
        for position, place in enumerate(mine):
            start = asked["start"][place]
            held[start : start + asked["slots"][place], position] = asked["milli"][place]
        used = held.any(axis=1)
        most = np.maximum(capacity[used, column], 1.0)
        resources.append(held[used] / most[:, None] @ x[mine] <= np.ones(int(used.sum())))
    cost = asked["cost"] / -asked["cost"].mean()
    objective = dede.Minimize(sum(cost[mine] @ x[mine] for mine in groups(asked["job"])))
    return dede.Problem(objective, resources, demands), x


def shares(problem, x, count):
    """The jobs' side of the solution, by place."""
    probs = problem._subprob_cache.probs
    found = np.zeros(count)
    at = [position for one in ray.get([p.get_solution_idx_d.remote() for p in probs]) for position in one]
    for (variable, position), value in zip(at, problem.sol_d, strict=True):
        if variable == x.id:
            found[position] = value
    return found


def main():
    """Every ρ, every number of iterations, one going on from the other."""
    asked = np.load(sys.argv[1])
    problem, x = build(asked)
    processors = min(2, os.cpu_count() or 1)
    settings, found = [], []
    for rho in asked["rho"].tolist():
        problem.solve(num_cpus=processors, rho=rho, num_iter=0)
        seconds, done = 0.0, 0
        for iterations in asked["iterations"].tolist():
            began = time.perf_counter()
            problem.solve(num_cpus=processors, rho=rho, num_iter=iterations - done, solver=dede.ECOS)
            seconds, done = seconds + time.perf_counter() - began, iterations
            settings.append((rho, iterations, seconds))
            found.append(shares(problem, x, len(asked["job"])))
    np.savez(sys.argv[2], settings=np.array(settings), share=np.array(found))
    ray.shutdown()


if __name__ == "__main__":
    main()
