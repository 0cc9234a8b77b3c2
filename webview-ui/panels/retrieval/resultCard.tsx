import type { VNode } from 'preact';
import { stimulusMenu } from '../../../src/protocol/retrievalViews';
import { baseName, formatCount, formatLabel, formatScore } from '../../shared/format';
import { drag, readyToDrag } from './drag';
import { BoxMark } from './queryPicture';
import type { Row } from './ranking';
import { rankChange } from './resultLayout';
import type { RetrievalView } from './view';

interface ResultCardProps {
  view: RetrievalView;
  row: Row | undefined;
  position: number;
  focusable: boolean;
  /** By units: what is shown is the score. */
  score: boolean;
  /** Its rank in the first layer; undefined: not compared, or not known yet. */
  before: number | undefined;
  onFocus: () => void;
}

/** One result: its picture with the region that matched, its rank, class and distance. */
export function ResultCard({ view, row, position, focusable, score, before, onFocus }: ResultCardProps): VNode {
  const index = row?.index ?? null;
  const { url, original, problem } = index === null ? { url: null, original: null, problem: null } : view.thumbnails.get(index).value;
  const modelUri = view.session.state.value?.modelUri ?? '';
  const change = before === undefined ? null : rankChange(position + 1, before);
  const distance = row && (score ? formatScore(-row.distance) : formatScore(row.distance));
  const [width, height] = original ?? [1, 1];
  const linked = index !== null && view.second.value !== null && view.hovered.value === index;
  return (
    <div
      class={`result${row ? '' : ' result-waiting'}${linked ? ' result-linked' : ''}`}
      role="gridcell"
      tabIndex={focusable ? 0 : -1}
      data-position={position}
      data-vscode-context={index === null ? undefined : stimulusMenu(modelUri, index)}
      title={row && `${row.path}\nEnter or double-click: find similar`}
      aria-label={
        row
          ? [`Number ${position + 1}: ${row.path}`, row.label !== null && `class ${formatLabel(row.label)}`, `${score ? 'score' : 'distance'} ${distance ?? ''}`, change?.words]
              .filter(Boolean)
              .join(', ')
          : 'Loading'
      }
      draggable={row !== undefined && index !== null}
      onDragStart={(event) => row && drag(view, event, row)}
      onPointerDown={() => row && index !== null && readyToDrag(view, row)}
      onFocus={onFocus}
      onClick={(event) => event.currentTarget.focus()}
      onDblClick={() => index !== null && view.search({ index })}
      onPointerEnter={() => (view.hovered.value = index)}
      onPointerLeave={() => (view.hovered.value = null)}
    >
      <span class="result-frame">
        {url ? (
          <span class={`stimulus-image ${width >= height ? 'stimulus-broad' : 'stimulus-tall'}`} style={{ aspectRatio: `${width} / ${height}` }}>
            <img src={url} alt="" draggable={false} />
            {row && 'box' in row && <BoxMark box={row.box} width={width} height={height} />}
          </span>
        ) : (
          row && <span class="result-problem quiet">{index === null ? 'Not among these images' : problem}</span>
        )}
      </span>
      <span class="result-caption">
        <span class="quiet">{formatCount(position + 1)}</span>
        <span class="result-label">{row && (row.label === null ? baseName(row.path) : formatLabel(row.label))}</span>
      </span>
      <span class="result-caption quiet">
        <span class="result-distance">{distance}</span>
        {change && (
          <span class={`rank-change rank-${change.tone}`} title={change.words}>
            {change.text}
          </span>
        )}
      </span>
    </div>
  );
}
