import type { Stimulus } from '../../protocol/dataset';

const none: number[] = [];

/**
 * The stimuli of a dataset as the store knows them: by the identity of their content. One identity may stand at several
 * indices (copies of one image), and an image that could not be read has none.
 */
export class Population {
  readonly count: number;
  /** Class names in order of first appearance. */
  readonly classes: string[] = [];
  /** For each index the number of its class, or -1. */
  readonly classOf: Int32Array;
  private readonly sizes: number[] = [];
  private readonly indices = new Map<string, number[]>();

  constructor(
    private readonly stimuli: readonly Stimulus[],
    readonly identities: readonly (string | null)[],
  ) {
    this.count = stimuli.length;
    this.classOf = new Int32Array(stimuli.length).fill(-1);
    const numbers = new Map<string, number>();
    stimuli.forEach(({ label }, index) => {
      const identity = identities[index];
      if (identity) {
        const known = this.indices.get(identity);
        if (known) known.push(index);
        else this.indices.set(identity, [index]);
      }
      if (label === null) return;
      let at = numbers.get(label);
      if (at === undefined) {
        at = this.classes.push(label) - 1;
        numbers.set(label, at);
        this.sizes.push(0);
      }
      this.classOf[index] = at;
      this.sizes[at]!++;
    });
  }

  indicesOf(identity: string): readonly number[] {
    return this.indices.get(identity) ?? none;
  }

  labelOf(index: number): string | null {
    return this.stimuli[index]!.label;
  }

  pathOf(index: number): string {
    return this.stimuli[index]!.path;
  }

  /** Number of stimuli of a class. */
  sizeOf(label: string): number {
    return this.sizes[this.classes.indexOf(label)] ?? 0;
  }
}
