import type { VNode } from 'preact';
import { Select } from '../../ui/select';

/** Whether each of several filters goes from black to white by its own weights, or all by those of the strongest. */
export function ScaleSelect({ jointly, onChange }: { jointly: boolean; onChange: (jointly: boolean) => void }): VNode {
  return (
    <Select
      label="Scale of brightness"
      value={jointly ? 'jointly' : 'each'}
      options={[
        { value: 'each', label: 'Each its own scale' },
        { value: 'jointly', label: 'One scale' },
      ]}
      onChange={(value) => onChange(value === 'jointly')}
    />
  );
}
