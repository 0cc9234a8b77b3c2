import type { VNode } from 'preact';
import type { RdmComparison, RsaResult } from '../../../src/protocol/rdm';
import { Button } from '../../ui/button';
import { PickButton } from '../../ui/pickButton';
import { ProgressLine } from '../../ui/progress';
import { Banner } from '../../views/notice';
import { Curve } from './curve';
import { LayerMap } from './map';
import { Matrix } from './matrix';
import { comparisonLabels, comparisonNotes, optionsOf } from './options';
import { Waiting } from '../../views/sessionReadiness';
import { Between, References } from './references';
import type { RdmView } from './view';
import './compare.css';

/** Layers compared with each other and with references. */
export function Compare({ view }: { view: RdmView }): VNode {
  const result = view.rsa.value.value;
  const error = view.rsa.error.value;
  const busy = view.rsa.loading.value;
  const progress = view.rsaProgress.value;
  return (
    <div class="compare" aria-busy={busy}>
      <div class="compare-head">
        <ComparisonChoice view={view} />
        <References view={view} result={result} />
      </div>
      {busy && (
        <div class="compare-busy">
          <ProgressLine value={progress && progress.total > 0 ? progress.done / progress.total : null} label="Comparing" />
        </div>
      )}
      {error && (
        <Banner tone="error" actions={<Button onPress={() => view.retry()}>Try again</Button>}>
          {error.message}
        </Banner>
      )}
      {result ? <Results view={view} result={result} /> : busy ? <Waiting text="Comparing…" /> : null}
    </div>
  );
}

function Results({ view, result }: { view: RdmView; result: RsaResult }): VNode {
  return (
    <div class="compare-body">
      <div class="compare-column">
        <Matrix view={view} result={result} />
      </div>
      <div class="compare-column">
        <Curve view={view} result={result} />
        <Between result={result} />
        <LayerMap view={view} result={result} />
      </div>
    </div>
  );
}

function ComparisonChoice({ view }: { view: RdmView }): VNode {
  const { comparison } = view.settings.value!;
  return (
    <PickButton
      label="Comparison"
      text={comparisonLabels[comparison]}
      title={comparisonNotes[comparison]}
      class="comparison-button"
      panel={(close) => (
        <Comparisons
          chosen={comparison}
          onPick={(next) => {
            close();
            view.change({ comparison: next });
          }}
        />
      )}
    />
  );
}

function Comparisons({ chosen, onPick }: { chosen: RdmComparison; onPick: (comparison: RdmComparison) => void }): VNode {
  const move = (event: KeyboardEvent): void => {
    const items = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('[role="radio"]')];
    const at = items.indexOf(event.target as HTMLElement);
    const next = { ArrowDown: items[at + 1], ArrowUp: items[at - 1], Home: items[0], End: items.at(-1) }[event.key];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  return (
    <div class="comparisons" role="radiogroup" aria-label="Comparison" onKeyDown={move}>
      {optionsOf(comparisonLabels).map(({ value, label }) => (
        <button
          key={value}
          type="button"
          role="radio"
          class="comparison"
          aria-checked={value === chosen}
          {...(value === chosen ? { 'data-autofocus': true } : {})}
          onClick={() => onPick(value)}
        >
          <span>{label}</span>
          <span class="quiet">{comparisonNotes[value]}</span>
        </button>
      ))}
    </div>
  );
}
