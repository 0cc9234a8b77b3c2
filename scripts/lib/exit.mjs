const jobs = new Set();
process.on('exit', () => {
  for (const job of jobs) job();
});

/** Runs a synchronous job when this process exits, however that comes about; the returned function forgets it. */
export function atExit(job) {
  jobs.add(job);
  return () => jobs.delete(job);
}

/**
 * Calls the handler once, with the exit code to use, when this process shall stop: on Ctrl-C and its like, and when the process
 * that started it is gone (npm passes a signal only to the shell in between). For main scripts only.
 */
export function onInterrupt(handler) {
  const parent = process.ppid;
  let called = false;
  const interrupt = (code) => {
    clearInterval(watch);
    if (!called) handler(code);
    called = true;
  };
  const watch = setInterval(() => process.ppid !== parent && interrupt(143), 500).unref();
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) process.on(signal, () => interrupt(code));
}
