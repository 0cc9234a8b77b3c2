import '../../shared/base.css';
import '../../ui/ui.css';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ModelComparison, NodeChange } from '../../../src/protocol/graph';
import { useFindKey } from '../../shared/findKey';
import { formatBytes, formatCount, plural } from '../../shared/format';
import { Button, IconButton, LinkButton } from '../../ui/button';
import { Icon } from '../../ui/icon';
import { ProgressLine } from '../../ui/progress';
import { SearchField } from '../../ui/searchField';
import { ModeSwitch } from '../../views/modeSwitch';
import { EmptyState } from '../../views/notice';
import { PairDetail } from './detail';
import { changeIcons } from './changeMark';
import { GraphsPane, GraphsTools } from './graphsPane';
import { changeLabels } from './rows';
import { PairTable } from './table';
import type { CompareMode, ModelCompareView } from './view';
import './changes.css';
import './modelCompare.css';

/** Two models side by side, node by node. */
export function ModelComparePanel({ view }: { view: ModelCompareView }): VNode {
  const { value: now } = view.comparing;
  const names = view.files.value?.names ?? [];
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key !== 'F7') return;
      event.preventDefault();
      view.step(event.shiftKey ? -1 : 1);
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [view]);
  return (
    <main class="model-compare">
      <header class="model-compare-bar">
        <h1>
          {names.map((name, at) => (
            <span key={name}>
              {at > 0 && <span class="quiet"> → </span>}
              <LinkButton title={`Open ${name}`} onPress={() => view.open(at as 0 | 1, null)}>
                {name}
              </LinkButton>
            </span>
          ))}
        </h1>
        {now.state === 'ready' && <ModeSwitch modes={modes} mode={view.mode.value} onChange={(mode) => (view.mode.value = mode)} />}
        {names.length > 1 && <Button onPress={() => view.host.notify('swap', null)}>Swap</Button>}
      </header>
      {now.state === 'ready' ? <Compared view={view} comparison={now.comparison} /> : <NotYet view={view} />}
    </main>
  );
}

const modes: { mode: CompareMode; label: string }[] = [
  { mode: 'list', label: 'List' },
  { mode: 'graph', label: 'Graph' },
];

const kinds: NodeChange[] = ['changed', 'added', 'removed', 'equal'];

function Compared({ view, comparison }: { view: ModelCompareView; comparison: ModelComparison }): VNode {
  const counts = view.counts.value;
  const differing = view.differing.value;
  const at = differing.indexOf(view.selected.value ?? -1);
  const row = view.row.value;
  const graphs = view.mode.value === 'graph';
  const searching = view.words.value.length > 0;
  const search = useRef<HTMLInputElement>(null);
  useFindKey(search);
  return (
    <>
      <div class="model-compare-tools">
        <div class="change-filters" role="group" aria-label="Nodes that are shown">
          {kinds.map((kind) => (
            <button key={kind} type="button" class={`change-filter node-${kind}`} aria-pressed={!view.hidden.value.has(kind)} title={`${view.hidden.value.has(kind) ? 'Show' : graphs ? 'Dim' : 'Hide'} ${kind} nodes`} onClick={() => view.toggle(kind)}>
              <Icon name={changeIcons[kind]} />
              {formatCount(counts[kind])} {changeLabels[kind].toLowerCase()}
            </button>
          ))}
        </div>
        <div
          class="model-compare-search"
          onKeyDown={(event) => {
            if (!graphs || (event.key !== 'Enter' && event.key !== 'F3')) return;
            event.preventDefault();
            view.stepListed(event.shiftKey ? -1 : 1);
          }}
        >
          <SearchField value={view.search.value} onInput={(text) => (view.search.value = text)} label="Search name, operator or difference" field={search} />
        </div>
        {searching && graphs && (
          <span class="quiet" role="status">
            {view.listed.value.length === 0 ? 'None found' : `${formatCount(view.listed.value.length)} found`}
          </span>
        )}
        <span class="model-compare-steps">
          <IconButton icon="arrow-up" label="Previous difference (Shift+F7)" disabled={differing.length === 0} onPress={() => view.step(-1)} />
          <IconButton icon="arrow-down" label="Next difference (F7)" disabled={differing.length === 0} onPress={() => view.step(1)} />
          <span class="quiet" role="status">
            {differing.length === 0 ? 'No differences' : at < 0 ? plural(differing.length, 'difference') : `${formatCount(at + 1)} of ${formatCount(differing.length)}`}
          </span>
        </span>
        {graphs && <GraphsTools graphs={view.graphs} />}
      </div>
      <Whole comparison={comparison} open={!graphs} />
      <div class="model-compare-body">
        {graphs ? <GraphsPane graphs={view.graphs} /> : <PairTable view={view} />}
        {row && <PairDetail view={view} row={row} />}
      </div>
    </>
  );
}

/** What differs of the models as wholes. */
function Whole({ comparison: { model, pairs }, open }: { comparison: ModelComparison; open: boolean }): VNode | null {
  const identical = model.length === 0 && pairs.every(({ change }) => change === 'equal');
  if (identical)
    return (
      <p class="model-compare-same" role="status">
        <Icon name="check" /> The models are equal: every node, attribute, shape and weight, whatever the nodes are called.
      </p>
    );
  if (model.length === 0) return null;
  return (
    <details class="model-compare-whole" open={open && model.length <= 4}>
      <summary>
        The model as a whole <span class="quiet">{plural(model.length, 'difference')}</span>
      </summary>
      <table>
        <tbody>
          {model.map(({ what, before, after }) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td class="before">{before || <span class="quiet">none</span>}</td>
              <td class="after">{after || <span class="quiet">none</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function NotYet({ view }: { view: ModelCompareView }): VNode {
  const { value: now } = view.comparing;
  if (now.state === 'running')
    return (
      <div class="model-compare-waiting" role="status">
        <ProgressLine value={now.total > 0 ? now.done / now.total : null} label="Comparing" />
        <p class="quiet">
          {now.total > 0 ? `Comparing weights: ${formatBytes(now.done)} of ${formatBytes(now.total)}` : 'Reading the graphs…'} <LinkButton onPress={() => view.cancel()}>Cancel</LinkButton>
        </p>
      </div>
    );
  const failed = now.state === 'error';
  return (
    <EmptyState
      tone={failed ? 'error' : 'plain'}
      icon={failed ? 'error' : 'stop'}
      title={failed ? 'These models cannot be compared' : 'Cancelled'}
      actions={
        <>
          <Button kind="primary" onPress={() => view.compare()}>
            {failed ? 'Try again' : 'Compare'}
          </Button>
          {failed && <LinkButton onPress={() => view.host.notify('log.show', null)}>Show log</LinkButton>}
        </>
      }
    >
      {now.state === 'error' ? now.message : 'The comparison was cancelled.'}
    </EmptyState>
  );
}
