/** Ctrl-C goes to all processes of a terminal: the one that started the workers decides. Imported before what takes long to load. */
process.on('SIGINT', () => undefined);
