import type { VNode } from 'preact';
import type { ImageInput, ReceptiveField } from '../../src/protocol/model';

const side = 14;

/** How much of the input a position sees, as a square in a square. The numbers beside it say it exactly. Nothing where one of the two is not known. */
export function ReceptiveFieldMark({
  field,
  input,
}: {
  field: ReceptiveField | null;
  input: [number, number] | null;
}): VNode | null {
  if (!field || (field.kind !== 'global' && !input)) return null;
  const share = (axis: 0 | 1): number =>
    input && field.kind !== 'global' ? Math.min(1, field.size[axis] / input[axis]) : 1;
  const height = Math.max(1.5, share(0) * (side - 3));
  const width = Math.max(1.5, share(1) * (side - 3));
  return (
    <svg class="rf-mark" viewBox={`0 0 ${side} ${side}`} width={side} height={side} aria-hidden="true">
      <rect class="rf-input" x="0.5" y="0.5" width={side - 1} height={side - 1} />
      <rect class="rf-field" x={(side - width) / 2} y={(side - height) / 2} width={width} height={height} />
    </svg>
  );
}

/** Height and width of what the network is shown, where they are known. */
export function inputSize(
  image: { input: ImageInput } | { problem: string },
  resolved: [number, number] | null,
): [number, number] | null {
  if (!('input' in image)) return null;
  const { height, width } = image.input;
  return height !== null && width !== null ? [height, width] : resolved;
}
