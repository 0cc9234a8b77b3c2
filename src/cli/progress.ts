/** Progress on standard error: one line that is drawn over on a terminal, a line now and then elsewhere. */
export class Progress {
  private last = -Infinity;
  private drawn = false;
  private readonly terminal = process.stderr.isTTY;

  constructor(private readonly quiet: boolean) {}

  update(task: string, done: number, total: number, detail = ''): void {
    if (this.quiet) return;
    const now = performance.now();
    const finished = done >= total;
    if (!finished && now - this.last < (this.terminal ? 100 : 10_000)) return;
    this.last = now;
    const fraction = total > 0 ? done / total : 1;
    const percent = `${Math.floor(100 * fraction)} %`.padStart(5);
    if (!this.terminal) {
      process.stderr.write(`${task}: ${percent.trim()} (${Math.floor(done)} of ${total})${detail}\n`);
      return;
    }
    const width = 24;
    const filled = Math.round(width * fraction);
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
    const line = `${task} ${bar} ${percent} ${Math.floor(done)}/${total}${detail}`;
    process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 100) - 1)}`);
    this.drawn = true;
  }

  /** A line of its own. */
  say(line: string): void {
    if (!this.quiet) this.warn(line);
  }

  /** A line that is not progress but a result: what could not be used. It is told also when quiet. */
  warn(line: string): void {
    this.end();
    process.stderr.write(`${line}\n`);
  }

  /** Leaves the bar as it is and goes to the next line. */
  end(): void {
    if (this.drawn) process.stderr.write('\n');
    this.drawn = false;
    this.last = -Infinity;
  }
}

/** Seconds as "2 min 5 s". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
