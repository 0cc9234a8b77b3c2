import type { Dim } from '../../../protocol/model';
import type { OnnxNode } from '../graph';
import type { RuleContext } from '../shapes/facts';
import type { Axis } from './axes';
import type { Trace } from './trace';

/** Gives how a node's outputs relate to the image; for outputs beyond those given, nothing is known. */
export type TraceRule = (context: TraceContext) => Trace | Trace[];

/** A node at least one of whose inputs depends on the image. */
export class TraceContext {
  constructor(
    /** Shapes and constant arguments of the inputs. */
    readonly facts: RuleContext,
    private readonly traces: readonly (Trace | undefined)[],
    private readonly outputs: readonly (readonly Dim[] | null)[],
  ) {}

  get node(): OnnxNode {
    return this.facts.node;
  }

  /** Undefined for an input that is the same for every image. */
  trace(input: number): Trace | undefined {
    return this.traces[input];
  }

  /** The first input that depends on the image. */
  image(): Trace {
    return this.traces.find((trace) => trace !== undefined) ?? { axes: null, seen: 'global' };
  }

  imageInputs(): { trace: Trace; dims: readonly Dim[] | null }[] {
    return this.traces.flatMap((trace, input) => (trace ? [{ trace, dims: this.facts.dims(input) }] : []));
  }

  outputDims(output = 0): readonly Dim[] | null {
    return this.outputs[output] ?? null;
  }

  /** A size along an output's axis as a plain number. */
  outputSize(axis: number, output = 0): number | null {
    const size = this.outputDims(output)?.[axis];
    return typeof size === 'number' ? size : null;
  }

  /** Nothing less than the whole image; the axes where they are known. */
  global(axes: readonly Axis[] | null): Trace {
    return { axes, seen: 'global' };
  }
}
