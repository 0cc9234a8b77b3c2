import type { VNode } from 'preact';
import type { Session } from '../shared/session';
import { Button, LinkButton } from '../ui/button';
import { ProgressRing } from '../ui/progress';
import { EmptyState } from './notice';
import { Unreadable } from './notYet';

/** What a panel says where its session is not ready for it. */
export interface PanelWords {
  /** "Patches need a trusted workspace" */
  trust: string;
  /** Asks for images: the question, and what they are for. */
  question: string;
  purpose: string;
}

/** What is shown in place of a model that cannot be read, or null where it can be. */
export function modelUnreadable(session: Session): VNode | null {
  const state = session.state.value;
  const summary = session.summary.value;
  const failure = state?.model.state === 'error' ? state.model : summary.state === 'error' ? summary : null;
  return (
    failure && (
      <Unreadable
        name={state?.modelName ?? 'The model'}
        message={failure.message}
        onReload={() => session.act('model.reload')}
        onLog={() => session.act('log.show')}
      />
    )
  );
}

/** What is shown in place of results of a model over images, or null where there can be some. */
export function sessionUnreadiness(session: Session, words: PanelWords): VNode | null {
  const state = session.state.value;
  const summary = session.summary.value;
  const unreadable = modelUnreadable(session);
  if (unreadable) return unreadable;
  if (!state || summary.state !== 'ready') return <Waiting text={`Reading ${state?.modelName ?? 'the model'}…`} />;
  if (!state.trusted)
    return (
      <EmptyState
        icon="shield"
        title={words.trust}
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
  return missingImages(session, state.dataset, words);
}

function missingImages(
  session: Session,
  dataset: NonNullable<typeof session.state.value>['dataset'],
  { question, purpose }: PanelWords,
): VNode | null {
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
          title={question}
          actions={
            <>
              {choose}
              <LinkButton onPress={() => session.act('sample.open')}>Open the sample</LinkButton>
            </>
          }
        >
          {purpose}
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

export function Waiting({ text }: { text: string }): VNode {
  return (
    <div class="waiting" role="status">
      <ProgressRing />
      <span>{text}</span>
    </div>
  );
}
