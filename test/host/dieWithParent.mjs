// Loaded into the server and, by inheritance, into its extension host: when the process that started it is gone (even
// killed outright), the whole process group goes too. Nothing survives a test run.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(0, 'SIGKILL');
}, 500).unref();
