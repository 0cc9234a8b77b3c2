import type { VNode } from 'preact';
import { stimulusMenu } from '../../../src/protocol/retrievalViews';
import { baseName, formatLabel } from '../../shared/format';
import { categoryColour } from './colours';
import type { RdmView } from './view';

/** A square dot in the colour of a row's class, and the class's name. */
export function ClassMark({ view, row }: { view: RdmView; row: number }): VNode | null {
  const { names, of } = view.categories.value;
  const category = of[row] ?? -1;
  if (names.length === 0) return null;
  const name = names[category];
  return (
    <span class="class-mark">
      <span class="class-dot" style={{ background: categoryColour(category) }} />
      <span class="class-mark-name">{name === undefined ? 'no class' : formatLabel(name)}</span>
    </span>
  );
}

/** A row's picture, as it is there. */
export function StimulusPicture({ view, row, large = false }: { view: RdmView; row: number; large?: boolean }): VNode {
  const { index, name } = view.stimulusAt(row);
  const { url, problem } = (large ? view.pictures : view.thumbnails).get(index).value;
  return (
    <span
      class={`stimulus-thumb${url ? '' : ' stimulus-waiting'}`}
      title={problem ?? name}
      data-vscode-context={stimulusMenu(view.session.state.value?.modelUri ?? '', index)}
    >
      {url ? <img src={url} alt="" /> : <span class="quiet">{problem === null ? '' : '!'}</span>}
    </span>
  );
}

/** Name and class of a row. */
export function StimulusText({ view, row }: { view: RdmView; row: number }): VNode {
  const { name } = view.stimulusAt(row);
  return (
    <span class="stimulus-text">
      <span class="stimulus-name" title={name}>
        {baseName(name)}
      </span>
      <ClassMark view={view} row={row} />
    </span>
  );
}
