import type { VNode } from 'preact';
import './modeSwitch.css';

interface ModeSwitchProps<Mode extends string> {
  modes: readonly { mode: Mode; label: string }[];
  mode: Mode;
  onChange: (mode: Mode) => void;
}

/** Which of a page's views is on show. */
export function ModeSwitch<Mode extends string>({ modes, mode, onChange }: ModeSwitchProps<Mode>): VNode {
  return (
    <div class="mode-switch" role="radiogroup" aria-label="Show">
      {modes.map((one) => (
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
