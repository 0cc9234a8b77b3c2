import type { Dim, Layer } from './model';

function dimText(dim: Dim): string {
  return dim === null ? '?' : String(dim);
}

/** "batch × 3 × 224 × 224" */
export function formatShape(shape: readonly Dim[]): string {
  return shape.length === 0 ? 'scalar' : shape.map(dimText).join(' × ');
}

/** As `formatShape`, with every free batch called N. */
export function formatLayerShape({ shape, batched }: Pick<Layer, 'shape' | 'batched'>): string {
  const [first, ...rest] = shape;
  return formatShape(batched && typeof first !== 'number' && first !== undefined ? ['N', ...rest] : shape);
}
