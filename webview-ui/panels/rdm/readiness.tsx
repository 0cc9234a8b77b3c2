import type { VNode } from 'preact';
import { plural } from '../../shared/format';
import { Button, LinkButton } from '../../ui/button';
import { EmptyState } from '../../views/notice';
import { sessionUnreadiness, Waiting } from '../../views/sessionReadiness';
import type { RdmView } from './view';

const words = {
  trust: 'RDMs need a trusted workspace',
  question: 'Which images are alike to the network?',
  purpose: 'Choose a folder of images. An RDM shows how dissimilar each layer holds every two of them to be.',
};

/** What is shown in place of RDMs where there are none, or null where there are. */
export function unreadiness(view: RdmView): VNode | null {
  const unready = sessionUnreadiness(view.session, words);
  if (unready) return unready;
  if (!view.settings.value && !view.failure.value) return <Waiting text="Reading what was chosen…" />;
  return missingRdms(view);
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
