import type { Dim } from '../../../protocol/model';
import type { OnnxNode, TensorRef } from '../graph';
import { productOf } from './dims';

/** What is known about a value without running the model. */
export interface Fact {
  /** Null when not even the rank is known. */
  dims: Dim[] | null;
  dtype: string | null;
  /** The elements, row-major, of a small tensor that is the same for every image: shapes, indices, scales. Booleans are 0 and 1. */
  elements: Dim[] | null;
}

/** Larger tensors are weights or tables, not shape arithmetic. */
export const MOST_ELEMENTS = 1024;

export const nothingKnown: Fact = { dims: null, dtype: null, elements: null };

export function fact(dims: Dim[] | null, dtype: string | null, elements: Dim[] | null = null): Fact {
  return { dims, dtype, elements: elements !== null && elements.length <= MOST_ELEMENTS ? elements : null };
}

/** The same shape and type, other numbers. */
export function like(other: Fact, dtype = other.dtype): Fact {
  return { dims: other.dims, dtype, elements: null };
}

export function vector(elements: Dim[], dtype = 'int64'): Fact {
  return fact([elements.length], dtype, elements);
}

/** Number of elements, where known. */
export function sizeOf(dims: readonly Dim[] | null): Dim {
  return dims === null ? null : productOf(dims);
}

/** Gives what is known about a node's outputs, in order. */
export type ShapeRule = (context: RuleContext) => Fact | Fact[];

/** The fact about a node's first output. */
export function first(result: Fact | Fact[]): Fact {
  return Array.isArray(result) ? (result[0] ?? nothingKnown) : result;
}

/** A node with what is known about its inputs. */
export class RuleContext {
  constructor(
    readonly node: OnnxNode,
    /** Version of the node's domain that the model imports. */
    readonly opset: number,
    private readonly inputs: readonly (Fact | undefined)[],
    /** What is known about a tensor of the file; reads small ones. */
    readonly tensor: (ref: TensorRef) => Fact,
  ) {}

  get inputCount(): number {
    return this.inputs.length;
  }

  has(index: number): boolean {
    return this.inputs[index] !== undefined;
  }

  input(index: number): Fact {
    return this.inputs[index] ?? nothingKnown;
  }

  /** All inputs that are given. */
  all(): Fact[] {
    return this.inputs.filter((input) => input !== undefined);
  }

  dims(index: number): Dim[] | null {
    return this.input(index).dims;
  }

  dtype(index: number): string | null {
    return this.input(index).dtype;
  }

  elements(index: number): Dim[] | null {
    return this.input(index).elements;
  }

  /** Elements of an input when all of them are plain numbers. */
  numbers(index: number): number[] | null {
    const elements = this.elements(index);
    return elements?.every((element) => typeof element === 'number') ? elements : null;
  }

  /** An input's only element. */
  number(index: number): number | null {
    return this.numbers(index)?.[0] ?? null;
  }

  fact(dims: Dim[] | null, dtype = this.dtype(0), elements: Dim[] | null = null): Fact {
    return fact(dims, dtype, elements);
  }
}
