import type { VNode } from 'preact';
import type { Layer } from '../../../src/protocol/model';
import { plural, splitLabel } from '../../shared/format';
import { Button, LinkButton } from '../../ui/button';
import { EmptyState } from '../../views/notice';
import type { PatchesView } from './view';

/** What is shown in place of the cards where a layer has nothing to show, or null where it has, or soon will. */
export function noUnits(view: PatchesView, layer: Layer): VNode | null {
  const { session, pages } = view;
  const state = session.state.value;
  const status = pages.status.value;
  const error = pages.error.value;
  if (!state) return null;
  const name = splitLabel(layer).name;
  const failure = status?.failure ?? session.failures.value.get(layer.name);
  if (failure !== undefined)
    return (
      <EmptyState
        tone="error"
        icon="warning"
        title={`${name} could not be measured`}
        actions={<LinkButton onPress={() => session.act('log.show')}>Show log</LinkButton>}
      >
        {failure} The other layers are not affected.
      </EmptyState>
    );
  if (!status)
    return (
      error && (
        <EmptyState
          tone="error"
          icon="error"
          title="The results cannot be read"
          actions={<Button onPress={() => pages.refresh()}>Try again</Button>}
        >
          {error.message}
        </EmptyState>
      )
    );
  if (status.units === 0)
    return (
      <EmptyState icon="info" title="No units">
        {name} has no channels or features that could be scored.
      </EmptyState>
    );
  if (status.scanned > 0 || state.scan.state === 'running') return null;
  if (view.labels.value.length > 0 && state.scan.state !== 'idle')
    return (
      <EmptyState
        icon="filter"
        title="No image of these classes yet"
        actions={<Button onPress={() => view.change({ labels: [] })}>Show all classes</Button>}
      >
        None of the images recorded so far belongs to the classes chosen.
      </EmptyState>
    );
  return <NotRecorded view={view} layer={layer} />;
}

function NotRecorded({ view, layer }: { view: PatchesView; layer: Layer }): VNode {
  const { session } = view;
  const state = session.state.value!;
  const images = state.dataset.state === 'ready' ? plural(state.dataset.value.count, 'image') : 'the images';
  const able = state.trusted && state.engine.state === 'running';
  return (
    <EmptyState
      icon="record"
      title={`${splitLabel(layer).name} has not been recorded yet`}
      actions={
        able && (
          <Button kind="primary" icon="record" onPress={() => session.visualize(layer.name)}>
            Record
          </Button>
        )
      }
    >
      {able
        ? `${layer.primary ? 'One pass' : 'Intermediate layers are recorded when they are asked for: one pass'} over ${images} finds what drives each unit of it.`
        : 'It can be recorded once this workspace is trusted and the engine runs.'}
    </EmptyState>
  );
}
