import { effect } from '@preact/signals';

const pause = 200;

/** Writes a state that depends on signals, after every change of it but not at every one in a flurry. */
export function persist<State>(collect: () => State, write: (state: State) => void): void {
  let timer: number | undefined;
  let first = true;
  effect(() => {
    const state = collect();
    if (first) {
      first = false;
      return;
    }
    window.clearTimeout(timer);
    timer = window.setTimeout(() => write(state), pause);
  });
}
