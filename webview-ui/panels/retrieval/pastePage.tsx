import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { Button } from '../../ui/button';
import { EmptyState } from '../../views/notice';
import type { RetrievalView } from './view';

/** Takes an image from the clipboard: at once where that is allowed, else when it is pasted. */
export function PastePage({ view }: { view: RetrievalView }): VNode {
  const problem = useSignal<string | null>(null);
  const take = (image: Blob): void => {
    view.attempt(
      image.arrayBuffer().then(async (data) => {
        const paste = view.pasteFor.peek();
        if (paste === 'similar') view.shown.value = 'results';
        await view.host.call('query.paste', { mime: image.type, data: new Uint8Array(data), paste });
      }),
    );
  };
  const read = async (): Promise<void> => {
    try {
      const image = await clipboardImage();
      if (image) take(image);
      else problem.value = 'There is no image on the clipboard. Copy one first.';
    } catch {
      // The page may not read it unasked: not focused, or not permitted by the browser. Pasting always may.
      problem.value = 'VS Code does not let this page read the clipboard by itself: press Ctrl+V (⌘V on a Mac) here.';
    }
  };
  useEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      const image = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
      if (image) take(image);
      else problem.value = 'What was pasted is no image.';
    };
    document.addEventListener('paste', paste);
    void read();
    return () => document.removeEventListener('paste', paste);
  }, []);
  return (
    <EmptyState
      icon="images"
      title="Paste an image"
      actions={
        <>
          <Button kind="primary" onPress={() => void read()}>
            Paste
          </Button>
          <Button onPress={() => (view.shown.value = 'results')}>Cancel</Button>
        </>
      }
    >
      {problem.value ?? 'Press Ctrl+V (⌘V on a Mac) to search for the image on the clipboard.'}
    </EmptyState>
  );
}

async function clipboardImage(): Promise<Blob | null> {
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((one) => one.startsWith('image/'));
    if (type !== undefined) return await item.getType(type);
  }
  return null;
}
