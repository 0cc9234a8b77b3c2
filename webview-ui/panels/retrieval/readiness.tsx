import type { VNode } from 'preact';
import { EmptyState } from '../../views/notice';
import { sessionUnreadiness, Waiting } from '../../views/sessionReadiness';
import type { RetrievalView } from './view';

const words = {
  trust: 'Retrieval needs a trusted workspace',
  question: 'Which images are alike to the network?',
  purpose: 'Choose a folder of images. For any image, each layer then says which of them it holds to be most similar.',
};

/** What is shown in place of results where there can be none yet, or null where there can. */
export function unreadiness(view: RetrievalView): VNode | null {
  const unready = sessionUnreadiness(view.session, words);
  if (unready) return unready;
  if (!view.settings.value) return view.failure.value ? <div /> : <Waiting text="Reading what was searched for…" />;
  if (!view.layer.value)
    return (
      <EmptyState icon="info" title="No layers">
        The graph computes nothing from its inputs.
      </EmptyState>
    );
  return null;
}
