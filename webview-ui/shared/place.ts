import type { Client, Contract, Handlers } from '../../src/protocol/method';
import type { SessionViewContract } from '../../src/protocol/views';

/** What a panel needs of where it runs: VS Code (`vscode.ts`), or the gallery. Panels know of nothing else around them. */
export interface Place<Host extends Contract<Host>, State, View extends Contract<View> = SessionViewContract> {
  connect(handlers: Handlers<View>): Client<Host>;
  /** What the panel wrote before it was hidden or the window reloaded. */
  readState(): Partial<State>;
  writeState(state: State): void;
}
