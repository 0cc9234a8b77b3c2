import type { GraphValue } from '../../../protocol/graph';
import { calledFunction, type AttributeValue, type OnnxModel, type OnnxNode } from '../../model/graph';
import type { OpenedGraph } from '../../model/modelGraph';
import { findSchema, type AttributeSchema, type OperatorSchema } from '../../model/operators/schemas';
import { normalAxis } from '../../model/shapes/dims';
import { attributeKey, type IsDefault } from './side';

/** What the schemas of the model's operators, at their versions, and its own functions say about attributes that are left out. */
export async function findDefaults(model: OnnxModel, { graph, nodes, opsets }: OpenedGraph): Promise<IsDefault> {
  const known = new Map<string, OperatorSchema | null>();
  const schemas: (OperatorSchema | null)[] = [];
  for (const [place, node] of nodes.entries()) {
    const version = opsets[place]!.get(node.domain) ?? 1;
    const key = `${node.domain}:${node.op}:${version}`;
    if (!known.has(key)) known.set(key, (await findSchema(node.domain, node.op, version))?.schema ?? null);
    schemas.push(known.get(key)!);
  }
  return (place, name, value) => {
    const node = nodes[place]!;
    const called = calledFunction(model, node);
    if (called) {
      const own = called.defaults.get(name);
      // Of tensors and graphs, the keys say what they look like, not what is in them.
      return own ? isSpelledOut(own) && attributeKey(own) === attributeKey(value) : null;
    }
    const schema = schemas[place]?.attributes.find((one) => one.name === name);
    if (!schema || schema.required) return null;
    const inputs = graph.nodes[place]!.inputs.map((input): GraphValue | null => graph.values[input] ?? null);
    if (schema.default !== null) return isSame(node, name, schema.default, value, inputs);
    return isImplied(node, name, value, inputs);
  };
}

function isSpelledOut({ type }: AttributeValue): boolean {
  return ['int', 'float', 'string', 'ints', 'floats', 'strings', 'reference'].includes(type);
}

function isSame({ op }: OnnxNode, name: string, standard: NonNullable<AttributeSchema['default']>, { type, value }: AttributeValue, [input]: readonly (GraphValue | null)[]): boolean {
  if (type === 'int' && name === 'axis' && typeof standard === 'number') {
    // The axis that OneHot makes is one of its output.
    const rank = input?.shape ? input.shape.length + (op === 'OneHot' ? 1 : 0) : 0;
    return value === standard || (rank > 0 && normalAxis(value, rank) !== null && normalAxis(value, rank) === normalAxis(standard, rank));
  }
  // Floats of files have 32 bits, those of schemas are the decimals that they were written as.
  const equal = (a: number | string, b: unknown): boolean => a === b || (typeof a === 'number' && typeof b === 'number' && Math.fround(a) === Math.fround(b));
  if (Array.isArray(standard)) return Array.isArray(value) && value.length === standard.length && standard.every((item, at) => equal(item, value[at]));
  return equal(standard, value);
}

/** Where weights of convolutions stand among the inputs. */
const weightOf: Record<string, number> = { Conv: 1, ConvTranspose: 1, ConvInteger: 1, FusedConv: 1, DeformConv: 1, QLinearConv: 3 };

/** Defaults that depend on shapes, which schemas only describe: as the texts of Conv, of the pooling operators and of Transpose do. */
function isImplied({ op }: OnnxNode, name: string, { type, value }: AttributeValue, inputs: readonly (GraphValue | null)[]): boolean | null {
  if (type !== 'ints') return null;
  if (name === 'strides' || name === 'dilations') return value.every((item) => item === 1);
  if (name === 'pads' || name === 'output_padding') return value.every((item) => item === 0);
  if (name === 'perm' && op === 'Transpose') return value.every((axis, at) => axis === value.length - 1 - at);
  if (name === 'kernel_shape' && op in weightOf) {
    const kernel = inputs[weightOf[op]!]?.shape?.slice(2);
    return kernel ? kernel.length === value.length && kernel.every((size, at) => size === value[at]) : null;
  }
  return null;
}
