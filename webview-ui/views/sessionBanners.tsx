import type { VNode } from 'preact';
import type { Session } from '../shared/session';
import { Button, LinkButton } from '../ui/button';
import { Banner } from './notice';

/** What keeps the whole session from running: Restricted Mode, or an engine that has stopped. */
export function SessionBanners({ session }: { session: Session }): VNode | null {
  const state = session.state.value;
  if (!state) return null;
  return (
    <>
      {!state.trusted && (
        <Banner
          tone="info"
          icon="shield"
          actions={<Button onPress={() => session.act('trust.manage')}>Manage trust</Button>}
        >
          <strong>Restricted Mode.</strong> You can look at this model; running it needs a trusted workspace.
        </Banner>
      )}
      <FileChange session={session} />
      {state.engine.state === 'stopped' && (
        <Banner
          tone="error"
          actions={
            <>
              <LinkButton onPress={() => session.act('log.show')}>Show log</LinkButton>
              <Button onPress={() => session.act('engine.restart')}>Restart engine</Button>
            </>
          }
        >
          <strong>The engine has stopped.</strong> {state.engine.message}
        </Banner>
      )}
    </>
  );
}

/** That the file is another one now, or that what is shown is no longer in it. */
function FileChange({ session }: { session: Session }): VNode | null {
  const change = session.state.value?.fileChange;
  if (!change) return null;
  const reloaded = change.kind === 'reloaded';
  return (
    <Banner
      tone={reloaded ? 'info' : 'warning'}
      icon={reloaded ? 'info' : 'warning'}
      actions={
        <>
          {(change.kind === 'damaged' || change.kind === 'gone') && <Button onPress={() => session.act('model.reload')}>Read again</Button>}
          <LinkButton onPress={() => session.act('model.changeSeen')}>Dismiss</LinkButton>
        </>
      }
    >
      {change.message}
    </Banner>
  );
}
