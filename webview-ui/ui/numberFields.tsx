import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';

interface NumberProps {
  value: number;
  min: number;
  max: number;
  label: string;
  title?: string;
  onChange: (value: number) => void;
}

/** A whole number that may be typed; it counts when it is in range. */
export function NumberField({ value, min, max, label, title, onChange }: NumberProps): VNode {
  const typed = useSignal<string | null>(null);
  const commit = (text: string): void => {
    const number = Math.round(Number(text));
    if (text.trim() !== '' && number >= min && number <= max && number !== value) onChange(number);
  };
  return (
    <input
      type="number"
      class="number-field"
      aria-label={label}
      title={title ?? label}
      min={min}
      max={max}
      value={typed.value ?? String(value)}
      onInput={(event) => {
        typed.value = event.currentTarget.value;
        commit(event.currentTarget.value);
      }}
      onBlur={() => (typed.value = null)}
    />
  );
}

export function Slider({
  value,
  min,
  max,
  label,
  title,
  onChange,
  step = 1,
  text,
}: NumberProps & { step?: number; text?: string }): VNode {
  const share = ((value - min) / (max - min)) * 100;
  return (
    <input
      type="range"
      class="slider"
      aria-label={label}
      aria-valuetext={text}
      title={title ?? label}
      min={min}
      max={max}
      step={step}
      value={value}
      style={{ '--share': `${share}%` }}
      onInput={(event) => onChange(Number(event.currentTarget.value))}
    />
  );
}
