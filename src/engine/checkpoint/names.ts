/** Names of tensors of two checkpoints, matched although wrappers and containers rename them. */

/** Segments that wrappers put in: DataParallel, torch.compile, FSDP, activation checkpointing. */
const wrapper = /^(module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)$/;

export interface NameMatch {
  /** Names in both: [name in a, name in b]. */
  pairs: [string, string][];
  onlyA: string[];
  onlyB: string[];
  /** Beginnings that names of one have and those of the other do not. */
  prefixes: [string[], string[]];
}

/**
 * Matches names: exactly, then without wrappers' segments (`module.`, `_orig_mod.`, wherever they are), then without the
 * beginnings (`model.`, `state_dict.`, nested too) that let most of the rest match. No name is matched twice.
 */
export function matchNames(a: readonly string[], b: readonly string[]): NameMatch {
  const pairs: [string, string][] = [];
  const prefixes: [Set<string>, Set<string>] = [new Set(), new Set()];
  let restA = a;
  let restB = b;
  const take = (keyA: (name: string) => string | null, keyB: (name: string) => string | null): void => {
    const byKey = unique(restB, keyB);
    const keysOfA = unique(restA, keyA);
    const [usedA, usedB] = [new Set<string>(), new Set<string>()];
    for (const [key, name] of keysOfA) {
      const other = byKey.get(key);
      if (other === undefined) continue;
      pairs.push([name, other]);
      usedA.add(name);
      usedB.add(other);
      if (name !== other) noteRenaming(name, other, prefixes);
    }
    restA = restA.filter((name) => !usedA.has(name));
    restB = restB.filter((name) => !usedB.has(name));
  };
  const same = (name: string): string => name;
  take(same, same);
  take(unwrapped, unwrapped);
  for (let round = 0; round < 4 && restA.length > 0 && restB.length > 0; round++) {
    const best = bestPrefixes(restA.map(unwrapped), restB.map(unwrapped));
    if (!best) break;
    take(without(best[0]), without(best[1]));
  }
  return { pairs: inOrder(pairs, a), onlyA: [...restA], onlyB: [...restB], prefixes: [[...prefixes[0]], [...prefixes[1]]] };
}

/** A name without the segments of wrappers. */
export function unwrapped(name: string): string {
  const parts = name.split('.');
  const kept = parts.filter((part) => !wrapper.test(part));
  return kept.length === 0 ? name : kept.join('.');
}

function without(prefix: string): (name: string) => string | null {
  return (name) => {
    const plain = unwrapped(name);
    return plain.startsWith(prefix) ? plain.slice(prefix.length) : null;
  };
}

/** Names by key; keys that several names have are left out. */
function unique(names: readonly string[], key: (name: string) => string | null): Map<string, string> {
  const found = new Map<string, string>();
  const double = new Set<string>();
  for (const name of names) {
    const own = key(name);
    if (own === null) continue;
    if (found.has(own)) double.add(own);
    found.set(own, name);
  }
  for (const own of double) found.delete(own);
  return found;
}

/** The beginnings that make most names equal, where that is at least one; the shortest ones of equals. */
function bestPrefixes(a: readonly string[], b: readonly string[]): [string, string] | null {
  const setA = new Set(a);
  const setB = new Set(b);
  const votes = new Map<string, { prefixes: [string, string]; count: number }>();
  const vote = (prefixes: [string, string]): void => {
    const key = prefixes.join('\0');
    const entry = votes.get(key) ?? { prefixes, count: 0 };
    entry.count++;
    votes.set(key, entry);
  };
  for (const name of a) for (const prefix of beginnings(name)) if (setB.has(name.slice(prefix.length))) vote([prefix, '']);
  for (const name of b) for (const prefix of beginnings(name)) if (setA.has(name.slice(prefix.length))) vote(['', prefix]);
  // Both may have one: model_state.x and state_dict.x.
  const tails = new Map<string, Set<string>>();
  for (const name of b) for (const prefix of beginnings(name)) collect(tails, name.slice(prefix.length), prefix);
  for (const name of a)
    for (const prefix of beginnings(name)) for (const other of tails.get(name.slice(prefix.length)) ?? []) if (prefix !== other) vote([prefix, other]);
  let best: { prefixes: [string, string]; count: number } | null = null;
  for (const entry of votes.values()) {
    const length = ({ prefixes }: typeof entry): number => prefixes[0].length + prefixes[1].length;
    if (!best || entry.count > best.count || (entry.count === best.count && length(entry) < length(best))) best = entry;
  }
  // Fewer are chance: "0.weight" is in many modules.
  return best && best.count >= Math.min(a.length, b.length) / 2 ? best.prefixes : null;
}

const mostSegments = 6;
const mostShared = 16;

/** "a.b.", "a." of "a.b.c". */
function beginnings(name: string): string[] {
  const found: string[] = [];
  for (let at = name.indexOf('.'); at >= 0 && found.length < mostSegments; at = name.indexOf('.', at + 1)) found.push(name.slice(0, at + 1));
  return found;
}

function collect(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key) ?? new Set<string>();
  if (set.size < mostShared) set.add(value);
  map.set(key, set);
}

function noteRenaming(a: string, b: string, [ofA, ofB]: [Set<string>, Set<string>]): void {
  let same = 0;
  while (same < a.length && same < b.length && a[a.length - 1 - same] === b[b.length - 1 - same]) same++;
  const [headA, headB] = [a.slice(0, a.length - same), b.slice(0, b.length - same)];
  if (headA !== '' && ofA.size < 100) ofA.add(headA);
  if (headB !== '' && ofB.size < 100) ofB.add(headB);
}

function inOrder(pairs: [string, string][], names: readonly string[]): [string, string][] {
  const place = new Map(names.map((name, i) => [name, i]));
  return pairs.sort(([a], [b]) => place.get(a)! - place.get(b)!);
}
