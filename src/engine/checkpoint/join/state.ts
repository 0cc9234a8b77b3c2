import type { Checkpoint } from '../checkpoint';
import { matchNames, unwrapped } from '../names';
import type { CheckpointTensor } from '../tensor';
import type { BatchNorm } from './fold';

/** The tensors of a checkpoint under the names that a graph knows them by, in the checkpoint's order. */
export class State {
  readonly prefix: string;
  /** Whether tensors come in the order of the modules; some writers sort them. */
  readonly ordered: boolean;
  private readonly byName = new Map<string, CheckpointTensor>();
  private readonly order: string[] = [];
  private readonly place = new Map<string, number>();

  /** @param expected names that the graph expects, some of which the checkpoint may have under a prefix */
  constructor(checkpoint: Checkpoint, expected: readonly string[]) {
    const names = checkpoint.tensors.map(({ name }) => name);
    const { pairs } = matchNames(expected, names);
    this.prefix = commonPrefix(pairs);
    this.ordered = !/safetensors|HDF5|Keras/.test(checkpoint.format) && names.some((name, i) => i > 0 && name < names[i - 1]!);
    for (const tensor of checkpoint.tensors) {
      const plain = unwrapped(tensor.name);
      if (!plain.startsWith(this.prefix)) continue;
      const name = plain.slice(this.prefix.length);
      if (this.byName.has(name)) continue;
      this.byName.set(name, tensor);
      this.place.set(name, this.order.length);
      this.order.push(name);
    }
  }

  get(name: string): CheckpointTensor | undefined {
    return this.byName.get(name);
  }

  /** Tensors that belong to a module itself, not to modules in it. */
  *membersOf(path: string): Generator<CheckpointTensor> {
    for (const name of this.order) if (name.startsWith(`${path}.`) && !name.includes('.', path.length + 1)) yield this.byName.get(name)!;
  }

  /**
   * The name of the BatchNorm that follows a convolution: the next one where the checkpoint keeps the order of the modules, else
   * the one whose name fits best.
   */
  normAfter(module: string): string | undefined {
    const start = this.place.get(`${module}.weight`);
    if (start === undefined) return undefined;
    if (!this.ordered) return this.normBeside(module);
    const mean = this.order.slice(start + 1).find((name) => name.endsWith(meanEnd));
    return mean?.slice(0, -meanEnd.length);
  }

  /** `conv1` has `bn1`, `0` has `1`, `squeeze` has `squeeze_bn`; else the only one of its channels beside it. */
  private normBeside(module: string): string | undefined {
    const channels = this.get(`${module}.weight`)?.shape[0];
    const parent = module.slice(0, module.lastIndexOf('.') + 1);
    const own = module.slice(parent.length);
    const beside = this.order.flatMap((name) => {
      const norm = name.slice(0, -meanEnd.length);
      const isSibling = name.endsWith(meanEnd) && norm.startsWith(parent) && !norm.includes('.', parent.length);
      return isSibling && this.get(name)!.shape[0] === channels ? [norm.slice(parent.length)] : [];
    });
    const named = ['bn', 'norm', 'batchnorm', 'batch_norm'].flatMap((norm) => [own.replace('conv', norm), `${own}_${norm}`, `${norm}_${own}`, `${own}${norm}`]);
    const next = /^\d+$/.test(own) ? String(Number(own) + 1) : '';
    const found = [next, ...named].find((name) => name !== own && beside.includes(name)) ?? (beside.length === 1 ? beside[0] : undefined);
    return found === undefined ? undefined : parent + found;
  }

  /** The BatchNorm of that name. */
  norm(name: string): BatchNorm | undefined {
    const mean = this.get(`${name}${meanEnd}`);
    const variance = this.get(`${name}.running_var`);
    return mean && variance && { name, gamma: this.get(`${name}.weight`), beta: this.get(`${name}.bias`), mean, variance };
  }
}

const meanEnd = '.running_mean';

/** The beginning of the checkpoint's names, without wrappers, that most matched names have before the graph's own. */
function commonPrefix(pairs: readonly [string, string][]): string {
  const votes = new Map<string, number>();
  for (const [graph, own] of pairs) {
    const [a, b] = [unwrapped(graph), unwrapped(own)];
    if (b.endsWith(a)) votes.set(b.slice(0, b.length - a.length), (votes.get(b.slice(0, b.length - a.length)) ?? 0) + 1);
  }
  return [...votes].sort(([, x], [, y]) => y - x)[0]?.[0] ?? '';
}
