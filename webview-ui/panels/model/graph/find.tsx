import type { RefObject, VNode } from 'preact';
import { formatCount } from '../../../shared/format';
import { IconButton } from '../../../ui/button';
import { FindField } from '../../../ui/findField';
import { Icon } from '../../../ui/icon';
import type { PickEntry } from '../../../ui/options';
import { KindMark } from '../../../views/kinds';
import { Marked, Name } from '../../../views/name';
import { prepareSearch, ranks, searchedWords, type Hit } from '../../../views/graph/search';
import { hitText } from '../../../views/graph/hitText';
import type { GraphIndex } from '../../../views/graph/graphIndex';
import type { GraphView } from './graphView';
import './find.css';

/** Hits that the list has rows for. */
const most = 200;

/** The search of the graph: what is found drops below the field, and how many there are stands beside it. */
export function GraphFind({ view: { search, index }, field }: { view: GraphView; field: RefObject<HTMLInputElement | null> }): VNode {
  const text = search.text.value;
  const hits = search.hits.value;
  const places = search.places.value.length;
  const at = search.at.value;
  const entries = (): PickEntry[] => {
    const shown = hits.slice(0, most);
    const takers = shown.findIndex(({ rank }) => rank === ranks.takes);
    const rows = shown.map((hit, place): PickEntry => ({ key: String(place), content: <HitRow index={index.value!} hit={hit} search={text} />, title: hitText(index.value!, hit, text).title }));
    if (takers >= 0) rows.splice(takers, 0, { key: 'takers', heading: true, content: takers > 0 ? 'Only take something that is found' : 'Take something that is found' });
    return rows;
  };
  return (
    <>
      <div class="graph-search">
        <FindField
          label="Find name, operator, 64x56x56"
          value={text}
          onInput={(next) => search.start(next)}
          field={field}
          entries={entries}
          onPick={(key) => search.go(hits[Number(key)]!)}
          onNext={(step) => search.next(step)}
          onFocus={() => index.peek() && prepareSearch(index.peek()!)}
          empty={`No node, input, output or weight has “${text.trim()}” in its name, operator, shape or type.`}
          footer={hits.length > most && <p class="find-more quiet">and {formatCount(hits.length - most)} more</p>}
        />
      </div>
      <span class="graph-found quiet" role="status">
        {text.trim() === '' ? '' : places === 0 ? 'None' : at < 0 ? formatCount(places) : `${formatCount(at + 1)} of ${formatCount(places)}`}
      </span>
      {text.trim() !== '' && (
        <span class="graph-group">
          <IconButton icon="arrow-up" label="Previous match (Shift+Enter)" disabled={places === 0} onPress={() => search.next(-1)} />
          <IconButton icon="arrow-down" label="Next match (Enter)" disabled={places === 0} onPress={() => search.next(1)} />
        </span>
      )}
    </>
  );
}

function HitRow({ index, hit, search }: { index: GraphIndex; hit: Hit; search: string }): VNode {
  const words = searchedWords(search).map(({ text }) => text);
  const { name, path, what, value, shape, shapeFound } = hitText(index, hit, search);
  return (
    <>
      {hit.kind === 'node' ? <KindMark kind={index.graph.nodes[hit.node]!.kind} short /> : <Icon name={hit.kind === 'weight' ? 'mosaic' : 'arrow-down'} class="quiet" />}
      <span class="find-names">
        <Name text={name} words={words} class="find-name" />
        {path !== '' && (
          <span class="find-path quiet">
            <Marked text={path} words={words} />
          </span>
        )}
      </span>
      <span class="find-about quiet">
        <span class="find-what">
          <Marked text={what} words={hit.rank < ranks.own ? words : []} />
        </span>
        {value !== '' ? <Name text={value} words={words} /> : <span class="find-shape">{shapeFound ? <mark>{shape}</mark> : shape}</span>}
      </span>
    </>
  );
}
