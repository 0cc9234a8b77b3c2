import type { ComponentChildren, VNode } from 'preact';

interface TabsProps<T extends string> {
  tabs: readonly { value: T; label: string }[];
  value: T;
  onChange: (value: T) => void;
  /** What stands at the end of the row. */
  children?: ComponentChildren;
}

/** A page's views, of which one is shown: the element with the id `tab-panel`. */
export function Tabs<T extends string>({ tabs, value: shown, onChange, children }: TabsProps<T>): VNode {
  const move = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(({ value }) => value === shown);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length]!;
    onChange(next.value);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`#tab-${next.value}`)?.focus();
  };
  return (
    <div class="bar-row tabs-row">
      <div class="tabs" role="tablist" aria-label="Views" onKeyDown={move}>
        {tabs.map(({ value, label }) => (
          <button
            key={value}
            id={`tab-${value}`}
            type="button"
            role="tab"
            class="tab"
            aria-selected={shown === value}
            aria-controls="tab-panel"
            tabIndex={shown === value ? 0 : -1}
            onClick={() => onChange(value)}
          >
            {label}
          </button>
        ))}
      </div>
      <span class="bar-end bar-group">{children}</span>
    </div>
  );
}
