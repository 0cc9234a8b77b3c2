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
