import type { ByteSource } from '../../io/rangedFile';

/**
 * What a pickle says, without doing it: numbers, texts and containers as they are, every global a name, every call a record.
 * Integers are `number`, or `bigint` beyond 2^53; Python's floats are `PyFloat`.
 */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PyFloat
  | PyBytes
  | PySequence
  | PyDict
  | PyGlobal
  | PyCall
  | PyPersistent;

export class PyFloat {
  constructor(readonly value: number) {}
}

/** Bytes, or a text too long to hold, that stay in the file. */
export class PyBytes {
  constructor(
    readonly source: ByteSource,
    readonly start: number,
    readonly length: number,
    readonly kind: 'bytes' | 'text',
  ) {}

  read(): Uint8Array {
    return this.source.read(this.start, this.length);
  }
}

export class PySequence {
  constructor(
    readonly kind: 'list' | 'tuple' | 'set',
    readonly items: PyValue[],
  ) {}
}

/** Keys as a Map compares them: containers by identity. */
export class PyDict {
  private map: Map<PyValue, PyValue> | undefined;

  get size(): number {
    return this.map?.size ?? 0;
  }

  set(key: PyValue, value: PyValue): void {
    (this.map ??= new Map<PyValue, PyValue>()).set(key, value);
  }

  get(key: PyValue): PyValue | undefined {
    return this.map?.get(key);
  }

  entries(): Iterable<[PyValue, PyValue]> {
    return this.map ?? [];
  }
}

export class PyGlobal {
  readonly kind = 'global';
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}

  get text(): string {
    return `${this.module}.${this.name}`;
  }
}

/** A call that Python would make, and what it would then put into the result. */
export class PyCall {
  state: PyValue | undefined;
  items: PyValue[] | undefined;
  dict: PyDict | undefined;
  constructor(
    readonly callee: PyValue,
    /** A tuple, mostly. */
    readonly args: PyValue,
  ) {}

  /** The name of what is called; "" where that is no global. */
  get text(): string {
    return this.callee instanceof PyGlobal ? this.callee.text : '';
  }

  arg(i: number): PyValue | undefined {
    return this.args instanceof PySequence ? this.args.items[i] : undefined;
  }
}

export class PyPersistent {
  readonly kind = 'persistent';
  constructor(readonly id: PyValue) {}
}

/** The entries of a dict, an OrderedDict, or another call that was filled like one. */
export function dictOf(value: PyValue | undefined): PyDict | undefined {
  if (value instanceof PyDict) return value;
  if (!(value instanceof PyCall)) return undefined;
  return value.dict ?? (value.text === 'collections.OrderedDict' ? new PyDict() : undefined);
}

export function sequenceOf(value: PyValue | undefined): readonly PyValue[] | undefined {
  return value instanceof PySequence ? value.items : undefined;
}

/** A list of safe integers, or undefined. `torch.Size((2, 3))` counts as its tuple. */
export function integersOf(value: PyValue | undefined): number[] | undefined {
  const plain = value instanceof PyCall && value.text === 'torch.Size' ? value.arg(0) : value;
  const items = sequenceOf(plain);
  return items?.every((item) => typeof item === 'number') ? [...items] : undefined;
}
