import type { VNode } from 'preact';
import { Button, LinkButton } from '../../ui/button';
import { ProgressRing } from '../../ui/progress';
import { EmptyState } from '../../views/notice';
import type { PatchesView } from './view';

/** What is shown in place of the units where there can be none yet, or null where there can. */
export function unreadiness(view: PatchesView): VNode | null {
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
  if (!state || summary.state !== 'ready') return <Waiting>Reading {state?.modelName ?? 'the model'}…</Waiting>;
  if (!state.trusted)
    return (
      <EmptyState
        icon="shield"
        title="Patches need a trusted workspace"
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
  if (!view.layer.value)
    return (
      <EmptyState icon="info" title="No layers">
        The graph computes nothing from its inputs.
      </EmptyState>
    );
  return missingImages(view, state.dataset);
}

function missingImages(
  view: PatchesView,
  dataset: NonNullable<typeof view.session.state.value>['dataset'],
): VNode | null {
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
          title="Which images drive each unit?"
          actions={
            <>
              {choose}
              <LinkButton onPress={() => session.act('sample.open')}>Open the sample</LinkButton>
            </>
          }
        >
          Choose a folder of images. Each unit of a layer is then shown with the patches that excite it most.
        </EmptyState>
      );
    case 'loading':
      return <Waiting>Looking for images…</Waiting>;
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

function Waiting({ children }: { children: (string | undefined)[] | string }): VNode {
  return (
    <div class="waiting" role="status">
      <ProgressRing />
      <span>{children}</span>
    </div>
  );
}
