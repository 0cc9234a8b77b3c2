/** Multiply-adds, and bytes of the values that are made: sums of what is known. */
export interface Work {
  macs: number;
  bytes: number;
  /** Nodes whose multiply-adds or bytes are not known and not in the sums. */
  unknown: number;
}

export const noWork: Work = { macs: 0, bytes: 0, unknown: 0 };

export function addWork(a: Work, b: Work): Work {
  if (a === noWork) return b;
  if (b === noWork) return a;
  return { macs: a.macs + b.macs, bytes: a.bytes + b.bytes, unknown: a.unknown + b.unknown };
}

/** The same, so many times; not known how many times: all of it is unknown. */
export function repeatWork(work: Work, times: number | null): Work {
  if (times === null) return work.macs + work.bytes + work.unknown === 0 ? noWork : { macs: 0, bytes: 0, unknown: work.unknown + 1 };
  return { macs: work.macs * times, bytes: work.bytes * times, unknown: times === 0 ? 0 : work.unknown };
}

/** Of two branches the dearer one. */
export function dearer(a: Work, b: Work): Work {
  return b.macs > a.macs || (b.macs === a.macs && b.bytes > a.bytes) ? { ...b, unknown: Math.max(a.unknown, b.unknown) } : { ...a, unknown: Math.max(a.unknown, b.unknown) };
}
