import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Layer } from '../../../src/protocol/model';
import type { RetrievalSettings } from '../../../src/protocol/retrievalViews';
import { localRequestOf, noFilter } from '../../../src/protocol/retrievalViews';
import { plural, splitLabel } from '../../shared/format';
import { Button } from '../../ui/button';
import { ProgressLine } from '../../ui/progress';
import { EmptyState } from '../../views/notice';
import { Waiting } from '../../views/sessionReadiness';
import type { Ranking } from './ranking';
import { ResultGrid } from './resultGrid';
import { Status } from './status';
import { QueryMenu } from './toolbar';
import type { RetrievalView } from './view';

/** From this width on two rankings stand side by side; below, one under the other. */
const sideBySide = 420;

/** Whether a layer has regions that can be compared. */
export function isSpatial({ positionAxes }: Layer): boolean {
  return positionAxes.length > 0;
}

/** The ranking, or two of them. */
export function Results({ view, settings }: { view: RetrievalView; settings: RetrievalSettings }): VNode {
  const body = useRef<HTMLDivElement>(null);
  const wide = useSignal(true);
  useEffect(() => {
    const observer = new ResizeObserver(() => (wide.value = (body.current?.clientWidth ?? 0) >= sideBySide));
    observer.observe(body.current!);
    return () => observer.disconnect();
  }, [wide]);
  const second = settings.local || settings.query?.kind === 'unit' ? null : view.second.value;
  return (
    <div ref={body} class={`results ${wide.value ? 'results-beside' : 'results-under'}`}>
      {settings.query ? (
        <>
          <Column view={view} settings={settings} ranking={view.first} layer={view.layer.value!} compared={false} named={second !== null} />
          {second && <Column view={view} settings={settings} ranking={view.other} layer={second} compared named />}
        </>
      ) : (
        <EmptyState icon="search" title="What is it? Where is it used?" actions={<QueryMenu view={view} />}>
          Search for an image, a region of one, what lies between two, or what drives a unit; or right-click any image and choose Find Similar.
        </EmptyState>
      )}
    </div>
  );
}

interface ColumnProps {
  view: RetrievalView;
  settings: RetrievalSettings;
  ranking: Ranking;
  layer: Layer;
  /** Whether its ranks are compared with the first layer's. */
  compared: boolean;
  named: boolean;
}

function Column({ view, settings, ranking, layer, compared, named }: ColumnProps): VNode {
  const { answer, stale } = ranking.pages;
  const progress = ranking.progress.value;
  const name = splitLabel(layer).name;
  const instead = placeholder(view, settings, ranking, layer);
  return (
    <section class="ranking" aria-label={`Ranking of ${name}`} aria-busy={stale.value}>
      {named && (
        <h3 class="ranking-name" title={layer.name}>
          {[...layer.group, name].join('.')}
        </h3>
      )}
      {progress ? (
        <ProgressLine value={progress.total > 0 ? progress.done / progress.total : null} label="Searching" />
      ) : (
        <div class="progress-room">{stale.value && answer.value && <ProgressLine value={null} label="Searching" />}</div>
      )}
      {instead ?? (
        <>
          <Status answer={answer.value!} />
          <ResultGrid view={view} ranking={ranking} score={settings.query?.kind === 'unit'} compared={compared} />
        </>
      )}
    </section>
  );
}

/** What is shown where there are no results, or null where there are. */
function placeholder(view: RetrievalView, settings: RetrievalSettings, ranking: Ranking, layer: Layer): VNode | null {
  const { answer, error, stale } = ranking.pages;
  const name = splitLabel(layer).name;
  const state = view.session.state.value!;
  const images = state.dataset.state === 'ready' ? plural(state.dataset.value.count, 'image') : 'all images';
  if (settings.local && !isSpatial(layer))
    return (
      <EmptyState icon="info" title="No regions in this layer" actions={<Button onPress={() => view.change({ local: false })}>Find whole images</Button>}>
        {name} has no positions that could be compared; choose a layer with a grid.
      </EmptyState>
    );
  if (settings.local && !localRequestOf(settings, layer.name)) {
    const image = settings.query?.kind === 'images' ? settings.query.terms[0]!.image : null;
    return (
      <EmptyState
        icon="marquee"
        title="Which region?"
        actions={
          image && (
            <Button kind="primary" icon="marquee" onPress={() => view.drawOn(image)}>
              Draw region
            </Button>
          )
        }
      >
        Draw a box on the query’s image; the regions of other images that match it best are found.
      </EmptyState>
    );
  }
  const failure = view.session.failures.value.get(layer.name);
  if (error.value?.code === 'embedding.missing') {
    if (failure !== undefined)
      return (
        <EmptyState tone="error" icon="warning" title={`${name} could not be measured`}>
          {failure}
        </EmptyState>
      );
    if (state.scan.state === 'running' || view.starting.value) return <Waiting text={`Recording what ${name} makes of ${images}…`} />;
    return (
      <EmptyState
        icon="record"
        title={`${name} has no embeddings yet`}
        actions={
          state.engine.state === 'running' && (
            <Button kind="primary" icon="record" onPress={() => view.prepare()}>
              Record
            </Button>
          )
        }
      >
        One pass of {images} through the network; what is there already is not computed again.
      </EmptyState>
    );
  }
  if (answer.value) {
    if (answer.value.total > 0 || stale.value) return null;
    const { filter } = settings;
    const filtered = filter.labels.length > 0 || filter.where.length > 0 || filter.otherClasses || filter.domain !== undefined;
    return (
      <>
        <Status answer={answer.value} />
        <EmptyState
          icon="filter"
          title="Nothing found"
          actions={
            filtered && <Button onPress={() => view.change({ filter: noFilter })}>Remove the filter</Button>
          }
        >
          {filtered ? 'No image passes the filter.' : 'No image can be ranked.'}
        </EmptyState>
      </>
    );
  }
  if (error.value || state.engine.state === 'stopped') return <div />;
  const progress = ranking.progress.value;
  return <Waiting text={progress ? `Comparing: ${progress.done} of ${progress.total}…` : 'Searching…'} />;
}
