import type { VNode } from 'preact';
import { Button, LinkButton } from '../ui/button';
import { ProgressRing } from '../ui/progress';
import { EmptyState } from './notice';

/** In place of a page whose file cannot be read. */
export function Unreadable({ name, message, onReload, onLog }: { name: string; message: string; onReload: () => void; onLog: () => void }): VNode {
  return (
    <EmptyState
      tone="error"
      icon="error"
      title={`${name} cannot be read`}
      actions={
        <>
          <Button kind="primary" onPress={onReload}>
            Reload
          </Button>
          <LinkButton onPress={onLog}>Show log</LinkButton>
        </>
      }
    >
      {message}
    </EmptyState>
  );
}

/** In place of a page whose content is on its way. */
export function Loading({ text }: { text: string }): VNode {
  return (
    <div class="loading" role="status">
      <ProgressRing />
      <span>{text}</span>
    </div>
  );
}
