import type { VNode } from 'preact';
import { Icon } from './icon';

interface SelectProps<T extends string> {
  value: T;
  options: readonly { value: T; label: string; disabled?: boolean }[];
  label: string;
  onChange: (value: T) => void;
}

export function Select<T extends string>({ value, options, label, onChange }: SelectProps<T>): VNode {
  return (
    <span class="select">
      <select
        aria-label={label}
        title={label}
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.currentTarget.value);
          // What is shown is what is chosen: a choice that is not taken up leaves the old one.
          event.currentTarget.value = value;
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon name="chevron-down" />
    </span>
  );
}
