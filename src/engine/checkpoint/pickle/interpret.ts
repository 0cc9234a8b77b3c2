import type { ByteSource } from '../../io/rangedFile';
import { PickleReader, smallest } from './reader';
import { PyBytes, PyCall, PyDict, PyFloat, PyGlobal, PyPersistent, PySequence, type PyValue } from './values';

// Opcodes: CPython's Lib/pickletools.py, protocols 0 to 5.

/** Bounds memory: a step makes one value at most. State dicts of 10,000 tensors take half a million. */
const mostSteps = 4_000_000;

export interface Pickle {
  value: PyValue;
  /** Where the next byte after it is. */
  end: number;
  /** What it wants of Python: name and how often. */
  globals: Map<string, number>;
}

/**
 * Reads a pickle without executing anything: its calls become records. Takes time and memory in proportion to the steps,
 * whatever they do. Throws `reference.unreadable` where it is damaged or has more than four million steps.
 */
export function interpretPickle(source: ByteSource, start = 0): Pickle {
  return new Interpreter(source, start).run();
}

class Interpreter {
  private readonly reader: PickleReader;
  private stack: PyValue[] = [];
  private readonly marks: PyValue[][] = [];
  private readonly memo = new Map<number, PyValue>();
  private readonly globals = new Map<string, number>();
  private readonly known = new Map<string, PyGlobal>();

  constructor(source: ByteSource, start: number) {
    this.reader = new PickleReader(source, start);
  }

  run(): Pickle {
    for (let steps = 0; steps < mostSteps; steps++) {
      const code = this.reader.byte();
      if (code === 0x2e) return { value: this.pop(), end: this.reader.position, globals: this.globals };
      if (!this.plain(code) && !this.build(code)) throw this.reader.wrong(`opcode 0x${code.toString(16)}`);
    }
    throw this.reader.wrong(`more than ${mostSteps} steps`);
  }

  private pop(): PyValue {
    const value = this.stack.pop();
    if (value === undefined) throw this.reader.wrong('its stack is empty');
    return value;
  }

  private top(): PyValue {
    const value = this.stack.at(-1);
    if (value === undefined) throw this.reader.wrong('its stack is empty');
    return value;
  }

  private push(value: PyValue): true {
    this.stack.push(value);
    return true;
  }

  /** What has been pushed since the last mark. */
  private popMark(): PyValue[] {
    const since = this.stack;
    const before = this.marks.pop();
    if (!before) throw this.reader.wrong('a mark is missing');
    this.stack = before;
    return since;
  }

  private remember(at: number): true {
    this.memo.set(at, this.top());
    return true;
  }

  private recall(at: number): true {
    const value = this.memo.get(at);
    if (value === undefined) throw this.reader.wrong(`nothing was remembered as ${at}`);
    return this.push(value);
  }

  /** Numbers, texts, the memo and the stack. */
  private plain(code: number): boolean {
    const { reader } = this;
    switch (code) {
      case 0x80: reader.byte(); return true; // PROTO
      case 0x95: reader.uint64(); return true; // FRAME
      case 0x28: this.marks.push(this.stack); this.stack = []; return true; // MARK
      case 0x30: this.discard(); return true; // POP
      case 0x31: this.popMark(); return true; // POP_MARK
      case 0x32: return this.push(this.top()); // DUP
      case 0x4e: return this.push(null); // NONE
      case 0x88: return this.push(true); // NEWTRUE
      case 0x89: return this.push(false); // NEWFALSE
      case 0x46: return this.push(new PyFloat(pythonFloat(reader.line()))); // FLOAT
      case 0x47: return this.push(new PyFloat(reader.float64())); // BINFLOAT
      case 0x49: return this.push(this.integer(reader.line())); // INT
      case 0x4a: return this.push(reader.int32()); // BININT
      case 0x4b: return this.push(reader.byte()); // BININT1
      case 0x4d: return this.push(reader.uint16()); // BININT2
      case 0x4c: return this.push(this.integer(reader.line().replace(/L$/, ''))); // LONG
      case 0x8a: return this.push(reader.long(reader.byte())); // LONG1
      case 0x8b: return this.push(reader.long(reader.uint32())); // LONG4
      case 0x53: return this.push(unquote(reader.line())); // STRING
      case 0x54: return this.push(reader.text(reader.uint32(), 'latin1')); // BINSTRING
      case 0x55: return this.push(reader.text(reader.byte(), 'latin1')); // SHORT_BINSTRING
      case 0x56: return this.push(unescapeRaw(reader.line())); // UNICODE
      case 0x58: return this.push(reader.text(reader.uint32())); // BINUNICODE
      case 0x8c: return this.push(reader.text(reader.byte())); // SHORT_BINUNICODE
      case 0x8d: return this.push(reader.text(reader.uint64())); // BINUNICODE8
      case 0x42: return this.push(reader.bytes(reader.uint32())); // BINBYTES
      case 0x43: return this.push(reader.bytes(reader.byte())); // SHORT_BINBYTES
      case 0x8e: case 0x96: return this.push(reader.bytes(reader.uint64())); // BINBYTES8, BYTEARRAY8
      case 0x97: return this.push(new PyPersistent('a buffer outside the file')); // NEXT_BUFFER
      case 0x98: return true; // READONLY_BUFFER
      case 0x67: return this.recall(Number(reader.line())); // GET
      case 0x68: return this.recall(reader.byte()); // BINGET
      case 0x6a: return this.recall(reader.uint32()); // LONG_BINGET
      case 0x70: return this.remember(Number(reader.line())); // PUT
      case 0x71: return this.remember(reader.byte()); // BINPUT
      case 0x72: return this.remember(reader.uint32()); // LONG_BINPUT
      case 0x94: return this.remember(this.memo.size); // MEMOIZE
      default: return false;
    }
  }

  /** Containers, globals and calls. */
  private build(code: number): boolean {
    const { reader } = this;
    switch (code) {
      case 0x29: return this.push(new PySequence('tuple', [])); // EMPTY_TUPLE
      case 0x5d: return this.push(new PySequence('list', [])); // EMPTY_LIST
      case 0x7d: return this.push(new PyDict()); // EMPTY_DICT
      case 0x8f: return this.push(new PySequence('set', [])); // EMPTY_SET
      case 0x74: return this.push(new PySequence('tuple', this.popMark())); // TUPLE
      case 0x6c: return this.push(new PySequence('list', this.popMark())); // LIST
      case 0x91: return this.push(new PySequence('set', this.popMark())); // FROZENSET
      case 0x64: return this.push(fillDict(new PyDict(), this.popMark())); // DICT
      case 0x85: return this.tuple(1);
      case 0x86: return this.tuple(2);
      case 0x87: return this.tuple(3);
      case 0x61: { const item = this.pop(); this.append([item]); return true; } // APPEND
      case 0x65: case 0x90: { const items = this.popMark(); this.append(items); return true; } // APPENDS, ADDITEMS
      case 0x73: { const value = this.pop(); const key = this.pop(); this.setItems([key, value]); return true; } // SETITEM
      case 0x75: { const items = this.popMark(); this.setItems(items); return true; } // SETITEMS
      case 0x63: { const module = reader.line(); return this.push(this.global(module, reader.line())); } // GLOBAL
      case 0x93: { const name = this.pop(); const module = this.pop(); return this.push(this.global(module, name)); } // STACK_GLOBAL
      case 0x82: return this.push(this.global('copyreg extension', String(reader.byte()))); // EXT1
      case 0x83: return this.push(this.global('copyreg extension', String(reader.uint16()))); // EXT2
      case 0x84: return this.push(this.global('copyreg extension', String(reader.uint32()))); // EXT4
      case 0x52: case 0x81: { const args = this.pop(); return this.push(new PyCall(this.pop(), args)); } // REDUCE, NEWOBJ
      case 0x92: { this.pop(); const args = this.pop(); return this.push(new PyCall(this.pop(), args)); } // NEWOBJ_EX
      case 0x69: { const module = reader.line(); const callee = this.global(module, reader.line()); return this.push(new PyCall(callee, new PySequence('tuple', this.popMark()))); } // INST
      case 0x6f: { const [callee = null, ...args] = this.popMark(); return this.push(new PyCall(callee, new PySequence('tuple', args))); } // OBJ
      case 0x62: { const state = this.pop(); const target = this.top(); if (target instanceof PyCall) target.state = state; return true; } // BUILD
      case 0x50: return this.push(new PyPersistent(reader.line())); // PERSID
      case 0x51: return this.push(new PyPersistent(this.pop())); // BINPERSID
      default: return false;
    }
  }

  private discard(): void {
    if (this.stack.length > 0) this.stack.pop();
    else this.popMark();
  }

  private tuple(length: number): true {
    if (this.stack.length < length) throw this.reader.wrong('its stack is empty');
    return this.push(new PySequence('tuple', this.stack.splice(-length)));
  }

  private append(items: PyValue[]): void {
    const target = this.top();
    if (target instanceof PySequence && target.kind !== 'tuple') for (const item of items) target.items.push(item);
    else if (target instanceof PyCall) for (const item of items) (target.items ??= []).push(item);
    else throw this.reader.wrong('something is appended to no list');
  }

  private setItems(items: PyValue[]): void {
    const target = this.top();
    if (target instanceof PyDict) fillDict(target, items);
    else if (target instanceof PyCall) fillDict((target.dict ??= new PyDict()), items);
    else throw this.reader.wrong('something is put into no dictionary');
  }

  private integer(line: string): PyValue {
    if (line === '00' || line === '01') return line === '01';
    if (!/^\s*[+-]?\d{1,10000}\s*$/.test(line)) throw this.reader.wrong('an integer that is none');
    return smallest(BigInt(line.trim().replace(/^\+/, '')));
  }

  private global(module: PyValue, name: PyValue): PyGlobal {
    if (typeof module !== 'string' || typeof name !== 'string') throw this.reader.wrong('a global without a name');
    const text = `${module}.${name}`;
    this.globals.set(text, (this.globals.get(text) ?? 0) + 1);
    const known = this.known.get(text) ?? new PyGlobal(module, name);
    this.known.set(text, known);
    return known;
  }
}

function fillDict(dict: PyDict, items: readonly PyValue[]): PyDict {
  for (let i = 0; i + 1 < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
  return dict;
}

function pythonFloat(line: string): number {
  return /^[+-]?inf/.test(line) ? (line.startsWith('-') ? -Infinity : Infinity) : Number(line);
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** The text of a Python 2 literal: quotes and backslashes. */
function unquote(line: string): string {
  return line
    .trim()
    .slice(1, -1)
    .replace(/\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)/g, (_, code: string) => {
      if (/^x../.test(code)) return String.fromCharCode(parseInt(code.slice(1), 16));
      if (/^[0-7]/.test(code)) return String.fromCharCode(parseInt(code, 8));
      return escapes[code] ?? code;
    });
}

/** Python's raw-unicode-escape. */
function unescapeRaw(line: string): string {
  return line.replace(/\\u([0-9a-fA-F]{4})|\\U000?([0-9a-fA-F]{5,6})/g, (whole, short: string | undefined, long: string | undefined) => {
    const point = parseInt(short ?? long!, 16);
    return point > 0x10ffff ? whole : short === undefined ? String.fromCodePoint(point) : String.fromCharCode(point);
  });
}

/** Bytes that a value stands for: those of the file, or a text that Python 2 or `_codecs.encode` made of them. Undefined: none. */
export function bytesOf(value: PyValue | undefined): Uint8Array | PyBytes | undefined {
  let inner = value;
  while (inner instanceof PyCall && encoders.test(inner.text)) {
    if (inner.args instanceof PySequence && inner.args.items.length === 0) return new Uint8Array(0);
    inner = inner.arg(0);
  }
  if (typeof inner === 'string') return Buffer.from(inner, 'latin1');
  if (!(inner instanceof PyBytes)) return undefined;
  return inner.kind === 'bytes' ? inner : Buffer.from(Buffer.from(inner.read()).toString('utf8'), 'latin1');
}

const encoders = /^(_codecs\.encode|(builtins|__builtin__)\.(bytes|bytearray))$/;
