import { effect, signal } from '@preact/signals';
import type { JoinPlan } from '../../../src/protocol/checkpoint';
import type { CheckpointJoinHostContract, CheckpointJoinViewContract, JoinedFiles } from '../../../src/protocol/checkpointViews';
import { toUnitscopeError } from '../../../src/protocol/errors';
import type { Client } from '../../../src/protocol/method';
import type { Place } from '../../shared/place';

/** State of the page of a plan. */
export class JoinView {
  readonly host: Client<CheckpointJoinHostContract>;
  readonly files = signal<JoinedFiles | null>(null);
  readonly plan = signal<{ state: 'loading' } | { state: 'error'; message: string } | { state: 'ready'; value: JoinPlan }>({ state: 'loading' });
  /** Of a call that nothing else shows. */
  readonly failure = signal<string | null>(null);
  private turn = 0;

  constructor(place: Place<CheckpointJoinHostContract, { uris: string[] }, CheckpointJoinViewContract>) {
    this.host = place.connect({
      'files.changed': (files) => {
        this.files.value = files;
        this.ask();
        return null;
      },
    });
    this.host.call('ready', null).then(
      (files) => {
        this.files.value = files;
        this.ask();
      },
      (thrown: unknown) => (this.plan.value = { state: 'error', message: toUnitscopeError(thrown).message }),
    );
    effect(() => {
      if (this.files.value) place.writeState({ uris: [this.files.value.checkpoint, this.files.value.model] });
    });
  }

  act(method: 'model.choose' | 'log.show'): void {
    this.host.call(method, null).catch((thrown: unknown) => (this.failure.value = toUnitscopeError(thrown).message));
  }

  ask(): void {
    const turn = ++this.turn;
    this.plan.value = { state: 'loading' };
    this.host.call('plan', null).then(
      (value) => {
        if (turn === this.turn) this.plan.value = { state: 'ready', value };
      },
      (thrown: unknown) => {
        if (turn === this.turn) this.plan.value = { state: 'error', message: toUnitscopeError(thrown).message };
      },
    );
  }
}
