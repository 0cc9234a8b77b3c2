import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { CheckpointSummary } from '../../../src/protocol/checkpoint';
import type { CheckpointHostContract, CheckpointState, CheckpointViewContract } from '../../../src/protocol/checkpointViews';
import { isCancelled, toUnitscopeError, type UnitscopeError } from '../../../src/protocol/errors';
import type { Client } from '../../../src/protocol/method';
import { persist } from '../../shared/persist';
import type { Place } from '../../shared/place';
import { searchWords } from '../../views/search';
import { matchesTensor, tensorsOf, type Tensor } from './tensors';
import { allModules, checkpointRows, modulesOf, moduleKey, openAtFirst, tensorKey, type CheckpointRow, type TensorOrder } from './tensorTree';

export type CheckpointTab = 'tensors' | 'contents';

/** What survives hiding and reloading. */
export interface CheckpointViewState {
  search: string;
  order: TensorOrder;
  /** Null: as deep as is sensible. */
  expanded: string[] | null;
  selected: string | null;
  focused: string | null;
  scroll: number;
  tab: CheckpointTab;
}

type Simple = { [K in keyof CheckpointHostContract]: CheckpointHostContract[K]['params'] extends null ? K : never }[keyof CheckpointHostContract];

/** State of the page of a checkpoint. */
export class CheckpointView {
  readonly host: Client<CheckpointHostContract>;
  readonly state = signal<CheckpointState | null>(null);
  readonly summary = signal<CheckpointSummary | null>(null);
  /** Of a call that nothing else shows. */
  readonly failure = signal<UnitscopeError | null>(null);
  readonly search = signal('');
  readonly order = signal<TensorOrder>('file');
  readonly selected = signal<string | null>(null);
  /** Key of the row with the focus. */
  readonly focused = signal<string | null>(null);
  readonly scroll = signal(0);
  readonly tab = signal<CheckpointTab>('tensors');
  readonly words = computed(() => searchWords(this.search.value));
  readonly tensors = computed(() => (this.summary.value ? tensorsOf(this.summary.value.tensors) : []));
  /** Tensors that the search leaves. */
  readonly found = computed(() => this.tensors.value.filter((tensor) => matchesTensor(tensor, this.words.value)));
  readonly rows: ReadonlySignal<CheckpointRow[]>;
  readonly tensor: ReadonlySignal<Tensor | null>;
  private readonly expanded = signal<ReadonlySet<string> | null>(null);
  private readonly root = computed(() => modulesOf(this.tensors.value));
  private readonly atFirst = computed(() => openAtFirst(this.root.value));

  constructor(place: Place<CheckpointHostContract, CheckpointViewState, CheckpointViewContract>) {
    const saved = place.readState();
    this.search.value = saved.search ?? '';
    this.order.value = saved.order ?? 'file';
    this.expanded.value = saved.expanded ? new Set(saved.expanded) : null;
    this.selected.value = saved.selected ?? null;
    this.focused.value = saved.focused ?? null;
    this.scroll.value = saved.scroll ?? 0;
    this.tab.value = saved.tab ?? 'tensors';
    this.host = place.connect({
      'checkpoint.changed': (state) => {
        this.state.value = state;
        return null;
      },
    });
    this.rows = computed(() => {
      const searching = this.words.value.length > 0;
      const expanded = this.expanded.value ?? this.atFirst.value;
      const root = searching ? modulesOf(this.found.value) : this.root.value;
      return checkpointRows(root, this.order.value, (key) => searching || expanded.has(key));
    });
    const byName = computed(() => new Map(this.tensors.value.map((tensor) => [tensor.name, tensor])));
    this.tensor = computed(() => byName.value.get(this.selected.value ?? '') ?? null);

    void this.host.call('ready', null).then((state) => (this.state.value ??= state), this.fail);
    const revision = computed(() => (this.state.value?.file.state === 'ready' ? this.state.value.revision : 0));
    effect(() => {
      if (revision.value === 0) return;
      const asked = revision.value;
      this.host.call('summary', null).then((summary) => {
        if (revision.peek() === asked) this.summary.value = summary;
      }, this.fail);
    });
    effect(() => this.host.notify('tensor.select', { tensor: this.selected.value }));
    persist(
      () => ({
        search: this.search.value,
        order: this.order.value,
        expanded: this.expanded.value && [...this.expanded.value],
        selected: this.selected.value,
        focused: this.focused.value,
        scroll: this.scroll.value,
        tab: this.tab.value,
      }),
      (next) => place.writeState(next),
    );
  }

  /** Asks for something that has no parameters and nothing to show. */
  act(method: Simple): void {
    this.host.call(method, null).catch(this.fail);
  }

  actOn(method: 'tensor.export' | 'tensor.copyName' | 'tensor.copyPython', tensor: string): void {
    this.host.call(method, { tensor }).catch(this.fail);
  }

  select(name: string | null): void {
    this.selected.value = name;
    if (name !== null) this.focused.value = tensorKey(name);
  }

  setExpanded(key: string, expanded: boolean): void {
    const next = new Set(this.expanded.peek() ?? this.atFirst.peek());
    if (expanded) next.add(key);
    else next.delete(key);
    this.expanded.value = next;
  }

  setAllExpanded(expanded: boolean): void {
    this.expanded.value = new Set(expanded ? allModules(this.root.peek()) : []);
  }

  /** Opens the modules around a tensor and selects it. */
  reveal(tensor: Tensor): void {
    this.search.value = '';
    this.tab.value = 'tensors';
    for (const depth of tensor.group.keys()) this.setExpanded(moduleKey(tensor.group.slice(0, depth + 1)), true);
    this.select(tensor.name);
  }

  readonly fail = (thrown: unknown): void => {
    if (!isCancelled(thrown)) this.failure.value = toUnitscopeError(thrown);
  };
}
