import type { VNode } from 'preact';
import { EmptyState } from '../../views/notice';
import { sessionUnreadiness } from '../../views/sessionReadiness';
import type { PatchesView } from './view';

const words = {
  trust: 'Patches need a trusted workspace',
  question: 'Which images drive each unit?',
  purpose: 'Choose a folder of images. Each unit of a layer is then shown with the patches that excite it most.',
};

/** What is shown in place of the units where there can be none yet, or null where there can. */
export function unreadiness(view: PatchesView): VNode | null {
  const unready = sessionUnreadiness(view.session, words);
  const { summary, state } = view.session;
  const known = summary.value.state === 'ready' && state.value?.trusted === true && 'input' in summary.value.value.image;
  if (known && !view.layer.value)
    return (
      <EmptyState icon="info" title="No layers">
        The graph computes nothing from its inputs.
      </EmptyState>
    );
  return unready;
}
