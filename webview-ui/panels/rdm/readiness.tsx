import type { VNode } from 'preact';
import { plural } from '../../shared/format';
import { Button, LinkButton } from '../../ui/button';
import { ProgressRing } from '../../ui/progress';
import { EmptyState } from '../../views/notice';
import type { RdmView } from './view';

/** What is shown in place of RDMs where there are none, or null where there are. */
export function unreadiness(view: RdmView): VNode | null {
  const { session } = view;
  const state = session.state.value;
  const summary = session.summary.value;
  const failure = state?.model.state === 'error' ? state.model : summary.state === 'error' ? summary : null;
  if (failure)
    return (
      <EmptyState
        tone="error"
        icon="error"
        title={`${state?.modelName ?? 'The model'} cannot be read`}
        actions={<Button onPress={() => session.act('model.reload')}>Reload</Button>}
      >
        {failure.message}
      </EmptyState>
    );
  if (!state || summary.state !== 'ready' || (!view.settings.value && !view.failure.value))
    return <Waiting text={`Reading ${state?.modelName ?? 'the model'}…`} />;
  if (!state.trusted)
    return (
      <EmptyState
        icon="shield"
        title="RDMs need a trusted workspace"
        actions={
          <Button kind="primary" onPress={() => session.act('trust.manage')}>
            Manage trust
          </Button>
        }
      >
        In Restricted Mode models can be looked at, not run.
      </EmptyState>
    );
  if ('problem' in summary.value.image)
    return (
      <EmptyState icon="info" title="This model cannot be shown images">
        {summary.value.image.problem}
      </EmptyState>
    );
  return missingImages(view, state.dataset) ?? missingRdms(view);
}

function missingImages(view: RdmView, dataset: NonNullable<typeof view.session.state.value>['dataset']): VNode | null {
  const { session } = view;
  const choose = (
    <Button kind="primary" icon="images" onPress={() => session.act('dataset.choose')}>
      Choose images…
    </Button>
  );
  switch (dataset.state) {
    case 'none':
      return (
        <EmptyState
          icon="mosaic"
          title="Which images are alike to the network?"
          actions={
            <>
              {choose}
              <LinkButton onPress={() => session.act('sample.open')}>Open the sample</LinkButton>
            </>
          }
        >
          Choose a folder of images. An RDM shows how dissimilar each layer holds every two of them to be.
        </EmptyState>
      );
    case 'loading':
      return <Waiting text="Looking for images…" />;
    case 'error':
      return (
        <EmptyState tone="error" icon="error" title="The images cannot be read" actions={choose}>
          {dataset.message}
        </EmptyState>
      );
    case 'ready':
      return null;
  }
}

function missingRdms(view: RdmView): VNode | null {
  const { session } = view;
  const settings = view.settings.value;
  const { layers } = settings ?? { layers: [] };
  const state = session.state.value!;
  if (!settings) return <div />;
  if (layers.length === 0)
    return (
      <EmptyState
        icon="mosaic"
        title="Which layers?"
        actions={
          <Button kind="primary" onPress={() => view.act('layers.choose', null)}>
            Choose layers…
          </Button>
        }
      >
        Choose the layers whose RDMs are to be computed and compared.
      </EmptyState>
    );
  if (view.ready.value.length > 0) return null;
  if (state.scan.state === 'running') return <Waiting text="The first RDM appears as soon as it is computed…" />;
  const set = view.set.value;
  if (!set)
    return state.engine.state === 'stopped' || view.known.error.value ? (
      <div />
    ) : (
      <Waiting text="Looking for RDMs that are there already…" />
    );
  if (view.starting.value) return <Waiting text="Starting…" />;
  const failed = set.layers.find((layer) => layer.state === 'failed');
  if (failed && set.layers.every((layer) => layer.state === 'failed'))
    return (
      <EmptyState
        tone="error"
        icon="warning"
        title={layers.length === 1 ? 'The RDM could not be computed' : 'None of the RDMs could be computed'}
        actions={<LinkButton onPress={() => session.act('log.show')}>Show log</LinkButton>}
      >
        {failed.message}
      </EmptyState>
    );
  return (
    <EmptyState
      icon="mosaic"
      title={layers.length === 1 ? 'This RDM has not been computed yet' : 'These RDMs have not been computed yet'}
      actions={
        <Button kind="primary" onPress={() => view.compute()}>
          Compute
        </Button>
      }
    >
      {plural(set.indices.length, 'stimulus', 'stimuli')} in {plural(layers.length, 'layer')}: one pass through the
      network for images that are not recorded yet, then every pair is compared.
    </EmptyState>
  );
}

export function Waiting({ text }: { text: string }): VNode {
  return (
    <div class="waiting" role="status">
      <ProgressRing />
      <span>{text}</span>
    </div>
  );
}
