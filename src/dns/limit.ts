/** Runs a task as soon as fewer than the limit run. */
export type Limit = <T>(task: () => Promise<T>) => Promise<T>;

/** Bounds how much goes on side by side: sockets are few, and a burst of questions looks like an attack. */
export function createLimit(limit: number): Limit {
  let free = limit;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
