import type { VNode } from 'preact';
import type { EditorMode } from './view';
import './modeSwitch.css';

const modes: { mode: EditorMode; label: string }[] = [
  { mode: 'list', label: 'List' },
  { mode: 'both', label: 'Both' },
  { mode: 'graph', label: 'Graph' },
];

interface ModeSwitchProps {
  mode: EditorMode;
  /** Narrow editors show one at a time. */
  narrow: boolean;
  onChange: (mode: EditorMode) => void;
}

/** Whether the list of layers, the graph or both are on show. */
export function ModeSwitch({ mode, narrow, onChange }: ModeSwitchProps): VNode {
  return (
    <div class="mode-switch" role="radiogroup" aria-label="Show">
      {modes
        .filter((one) => !narrow || one.mode !== 'both')
        .map((one) => (
          <button
            key={one.mode}
            type="button"
            role="radio"
            aria-checked={one.mode === mode}
            tabIndex={one.mode === mode ? 0 : -1}
            onClick={() => onChange(one.mode)}
            onKeyDown={(event) => {
              const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
              if (step === undefined) return;
              event.preventDefault();
              const buttons = [...event.currentTarget.parentElement!.querySelectorAll('button')];
              const next = buttons[(buttons.indexOf(event.currentTarget) + step + buttons.length) % buttons.length]!;
              next.focus();
              next.click();
            }}
          >
            {one.label}
          </button>
        ))}
    </div>
  );
}
