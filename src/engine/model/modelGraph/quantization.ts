import type { GraphValue, QuantizedFilters } from '../../../protocol/graph';
import { intAttribute } from '../graph';
import type { PlacedNode } from './bodies';

/** Where convolutions on whole numbers have their filters, the filters' scale and their zero point. */
const ofIntegers: Readonly<Record<string, { filters: number; scale: number | null; zero: number } | undefined>> = {
  QLinearConv: { filters: 3, scale: 4, zero: 5 },
  ConvInteger: { filters: 1, scale: null, zero: 3 },
};
const ofReals: ReadonlySet<string> = new Set(['Conv', 'FusedConv']);

/**
 * The whole numbers that convolutions' filters are made of, by node: of QLinearConv and ConvInteger their own, of others those that a DequantizeLinear makes them of. Left out: what
 * the file does not hold, and scales of blocks within an axis.
 */
export function quantizedFilters(nodes: readonly PlacedNode[], values: readonly GraphValue[]): Map<number, QuantizedFilters> {
  const producer = new Map(nodes.flatMap((placed) => placed.outputs.map((value) => [value, placed] as const)));
  /** Name of the tensor that an input is; null: it is left out; undefined: the file does not hold it. */
  const tensorAt = ({ inputs }: PlacedNode, place: number | null): string | null | undefined => {
    const value = place === null ? -1 : (inputs[place] ?? -1);
    return value < 0 ? null : (values[value]!.tensor ?? undefined);
  };
  const found = (holder: PlacedNode, filters: number, scale: number | null, zero: number, axis: number): QuantizedFilters | null => {
    const [tensor, scaleName, zeroName] = [tensorAt(holder, filters), tensorAt(holder, scale), tensorAt(holder, zero)];
    if (typeof tensor !== 'string' || scaleName === undefined || zeroName === undefined) return null;
    return { tensor, scale: scaleName, zero: zeroName, axis };
  };
  const result = new Map<number, QuantizedFilters>();
  nodes.forEach((placed, at) => {
    const { op } = placed.node;
    const own = ofIntegers[op];
    const maker = ofReals.has(op) ? producer.get(placed.inputs[1] ?? -1) : undefined;
    let filters: QuantizedFilters | null = null;
    if (own) filters = found(placed, own.filters, own.scale, own.zero, 0);
    else if (maker?.node.op === 'DequantizeLinear' && (intAttribute(maker.node, 'block_size') ?? 0) === 0) {
      const rank = values[maker.inputs[0]!]?.shape?.length ?? 4;
      const axis = intAttribute(maker.node, 'axis') ?? 1;
      filters = found(maker, 0, 1, 2, axis < 0 ? axis + rank : axis);
    }
    if (filters) result.set(at, filters);
  });
  return result;
}
