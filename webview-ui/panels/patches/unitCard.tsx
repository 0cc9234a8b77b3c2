import type { Signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import type { Layer } from '../../../src/protocol/model';
import type { UnitRow } from '../../../src/protocol/patches';
import { stimulusMenu, unitMenu } from '../../../src/protocol/retrievalViews';
import type { PatchesSettings } from '../../../src/protocol/views';
import { formatCount, formatLabel, formatScore } from '../../shared/format';
import type { GridLayout } from './gridLayout';
import { patchKey } from './pictureCache';
import type { Hovered } from './preview';
import type { PatchesView } from './view';

interface UnitCardProps {
  view: PatchesView;
  layer: Layer;
  settings: PatchesSettings;
  layout: Pick<GridLayout, 'scores' | 'classes'>;
  row: UnitRow | undefined;
  position: number;
  focusable: boolean;
  hovered: Signal<Hovered | null>;
}

/** One unit: its number, its best score, and the patches that drive it most, the best first. */
export function UnitCard({ view, layer, settings, layout, row, position, focusable, hovered }: UnitCardProps): VNode {
  const open = row !== undefined && view.opened.value?.unit === row.unit;
  const best = row?.top[0];
  return (
    <div
      class={`unit-card${row ? '' : ' unit-waiting'}${open ? ' unit-open' : ''}`}
      role="gridcell"
      tabIndex={focusable ? 0 : -1}
      aria-label={row ? describe(row) : 'Loading'}
      aria-selected={open}
      data-position={position}
      data-vscode-context={row && unitMenu(view.session.state.value?.modelUri ?? '', layer.name, row.unit)}
      onFocus={() => (view.focused.value = position)}
      onClick={() => row && view.open(row.unit, position)}
    >
      <div class="unit-caption">
        <span class="unit-number">{row ? formatCount(row.unit) : ''}</span>
        {best && layout.scores && (
          <span class="unit-score" title="Top score">
            {formatScore(best.score)}
          </span>
        )}
      </div>
      {layout.classes && (
        <div
          class="unit-class"
          title={
            row?.preferred
              ? `Prefers ${row.preferred}: class selectivity ${formatScore(row.selectivity ?? 0)}`
              : undefined
          }
        >
          {row?.preferred && (
            <>
              <span class="unit-preferred">{formatLabel(row.preferred)}</span>
              <span>{row.selectivity === null ? '' : row.selectivity.toFixed(2)}</span>
            </>
          )}
        </div>
      )}
      <div class="mosaic">
        {Array.from({ length: settings.top }, (_, rank) => {
          const ranked = row?.top[rank];
          if (!row || !ranked) return <span key={rank} class={`patch${row ? ' patch-none' : ''}`} />;
          return (
            <PatchCell
              key={rank}
              view={view}
              unit={row.unit}
              name={patchKey(layer.name, { unit: row.unit, index: ranked.index })}
              menu={stimulusMenu(view.session.state.value?.modelUri ?? '', ranked.index)}
              onHover={(anchor) => (hovered.value = { anchor, unit: row.unit, rank, of: row.top.length, ...ranked })}
            />
          );
        })}
      </div>
    </div>
  );
}

interface PatchCellProps {
  view: PatchesView;
  name: string;
  unit: number;
  /** The stimulus' own menu. */
  menu: string;
  onHover: (anchor: Element) => void;
}

/** One patch. When another stimulus takes its rank, the old picture stays until the new one is there. */
function PatchCell({ view, name, unit, menu, onHover }: PatchCellProps): VNode {
  const { url, problem } = view.pictures.cell(name).value;
  const last = useRef<{ unit: number; url: string } | null>(null);
  if (url !== null) last.current = { unit, url };
  const shown = url ?? (problem === null && last.current?.unit === unit ? last.current.url : null);
  return (
    <span
      class={`patch${shown ? ' patch-there' : ''}${problem === null ? '' : ' patch-problem'}`}
      title={problem ?? undefined}
      data-vscode-context={menu}
      onPointerEnter={(event) => onHover(event.currentTarget)}
    >
      {shown && <img src={shown} alt="" draggable={false} decoding="sync" />}
    </span>
  );
}

function describe({ unit, top, preferred, selectivity }: UnitRow): string {
  return [
    `Unit ${unit}`,
    top[0] && `top score ${formatScore(top[0].score)}`,
    preferred !== null &&
      selectivity !== null &&
      `prefers ${formatLabel(preferred)}, selectivity ${selectivity.toFixed(2)}`,
  ]
    .filter(Boolean)
    .join(', ');
}
