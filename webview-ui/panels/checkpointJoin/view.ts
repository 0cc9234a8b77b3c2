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
  /** Whether the joined model is being made. */
  readonly opening = signal(false);
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
      const files = this.files.value;
      if (files) place.writeState({ uris: [files.checkpoint, files.model, ...(files.original === undefined ? [] : [files.original])] });
    });
  }

  open(): void {
    if (this.opening.peek()) return;
    this.opening.value = true;
    this.failure.value = null;
    this.host
      .call('open', null)
      .catch((thrown: unknown) => (this.failure.value = toUnitscopeError(thrown).message))
      .finally(() => (this.opening.value = false));
  }

  act(method: 'model.choose' | 'original.choose' | 'original.leave' | 'log.show'): void {
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
