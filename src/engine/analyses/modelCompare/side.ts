import type { ModelGraph } from '../../../protocol/graph';
import type { ModelSummary } from '../../../protocol/model';
import type { AttributeValue, OnnxModel, OnnxNode, SparseTensorRef, TensorRef } from '../../model/graph';

/** One of the two models. */
export interface Side {
  graph: ModelGraph;
  /** The file's nodes, by place in the graph's. */
  nodes: readonly OnnxNode[];
  model: OnnxModel;
  summary: ModelSummary;
  /** Some numbers of each tensor, as text, by its name; none of tensors that are too small to be told apart by them. */
  samples: ReadonlyMap<string, string>;
  /** Names of the model's tensors. */
  names: ReadonlyMap<TensorRef | SparseTensorRef, string>;
  isDefault: IsDefault;
}

/** Of a node, by place in the graph: whether leaving an attribute out means this value; null where nothing that we know says what it means. */
export type IsDefault = (node: number, name: string, value: AttributeValue) => boolean | null;

/** Who makes and who uses the values of a graph. */
export class Wiring {
  /** By value: node and place among its outputs. */
  readonly makers = new Map<number, { node: number; output: number }>();
  /** By value: nodes and places among their inputs. */
  readonly users = new Map<number, { node: number; input: number }[]>();

  constructor({ nodes }: ModelGraph) {
    for (const [node, { inputs, outputs }] of nodes.entries()) {
      for (const [output, value] of outputs.entries()) if (value >= 0) this.makers.set(value, { node, output });
      for (const [input, value] of inputs.entries()) {
        if (value < 0) continue;
        const known = this.users.get(value);
        if (known) known.push({ node, input });
        else this.users.set(value, [{ node, input }]);
      }
    }
  }
}

/** Texts of attributes are cut here: what differs later is said to differ all the same. */
const mostText = 200;

/** An attribute as text: bodies by their name alone, tensors by type and shape. */
export function attributeText({ type, value }: AttributeValue): string {
  const cut = (text: string): string => (text.length > mostText ? `${text.slice(0, mostText)}…` : text);
  switch (type) {
    case 'int':
    case 'float':
      return String(value);
    case 'string':
      return cut(JSON.stringify(value));
    case 'ints':
    case 'floats':
      return cut(`[${value.join(', ')}]`);
    case 'strings':
      return cut(JSON.stringify(value));
    case 'tensor':
      return `${value.dtype} [${value.dims.join(', ')}]`;
    case 'tensors':
      return cut(tensorTypes(value));
    case 'graph':
      return `graph of ${value.nodes.length} nodes`;
    case 'graphs':
      return `${value.length} graphs`;
    case 'reference':
      return `attribute ${value} of the function`;
    case 'sparse_tensor':
      return `sparse ${value.values.dtype} [${value.dims.join(', ')}]`;
    case 'other':
      return 'not compared: types are not looked into';
  }
}

/** The whole attribute, for telling whether two are equal; tensors by type and shape, since their numbers are weights. */
export function attributeKey(attribute: AttributeValue): string {
  const { type, value } = attribute;
  const whole = type === 'ints' || type === 'floats' || type === 'strings' || type === 'string';
  if (type === 'graph') return type;
  return `${type} ${whole ? JSON.stringify(value) : type === 'tensors' ? tensorTypes(value) : attributeText(attribute)}`;
}

function tensorTypes(tensors: readonly TensorRef[]): string {
  return tensors.map(({ dtype, dims }) => `${dtype} [${dims.join(', ')}]`).join(', ');
}

/** The tensors that an attribute holds. */
export function attributeTensors({ type, value }: AttributeValue): (TensorRef | SparseTensorRef)[] {
  if (type === 'tensors') return value;
  return type === 'tensor' || type === 'sparse_tensor' ? [value] : [];
}
