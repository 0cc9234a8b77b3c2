import type { LayerKind } from '../../../protocol/model';
import type { OnnxNode } from '../graph';
import type { GraphIndex } from './graphIndex';
import { activations, attentions, convolutions, copies, denses, merges, normalizations, poolings, products, reductions } from './operators';
import type { Roles } from './primary';

const byOperator: readonly (readonly [ReadonlySet<string>, LayerKind])[] = [
  [convolutions, 'convolution'],
  [activations, 'activation'],
  [poolings, 'pooling'],
  [normalizations, 'normalization'],
  [attentions, 'attention'],
  [copies, 'reshape'],
];

/** What kind of layer an operator makes, as far as it alone tells. */
export function operatorKind({ op }: OnnxNode): LayerKind {
  const listed = byOperator.find(([operators]) => operators.has(op));
  if (listed) return listed[1];
  if (denses.has(op)) return 'dense';
  if (['Softmax', 'LogSoftmax', 'Hardmax'].includes(op)) return 'activation';
  return merges.has(op) ? 'merge' : 'other';
}

/** What kind of layer each value is. Call it in the order of the graph: a bias or scale takes the kind of what it is added to. */
export class LayerKinds {
  private readonly kinds = new Map<string, LayerKind>();

  constructor(
    private readonly index: GraphIndex,
    private readonly roles: Roles,
    /** Whether a reduction goes over rows and columns. */
    private readonly poolsSpace: (node: OnnxNode) => boolean,
  ) {}

  kindOf(value: string, node: OnnxNode): LayerKind {
    const kind = this.find(value, node);
    this.kinds.set(value, kind);
    return kind;
  }

  private find(value: string, node: OnnxNode): LayerKind {
    const inputs = this.index.activations(node);
    const region = this.roles.regions.get(value);
    if (region && region.kind !== 'arithmetic') return region.kind;
    if (products.has(node.op) && inputs.length > 1) return 'attention';
    if (node.op === 'Softmax' && this.roles.attention.has(value)) return 'attention';
    if (reductions.has(node.op)) return this.poolsSpace(node) ? 'pooling' : 'other';
    const listed = operatorKind(node);
    if (listed !== 'merge' || inputs.length > 1) return listed;
    if (node.op === 'Concat') return 'reshape';
    const kind = this.kinds.get(inputs[0] ?? '') ?? 'other';
    return kind === 'reshape' ? 'other' : kind;
  }
}
