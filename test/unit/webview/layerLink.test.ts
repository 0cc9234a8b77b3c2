import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { computed, signal } from '@preact/signals';
import { GraphIndex } from '../../../webview-ui/views/graph/graphIndex';
import { LayerLink } from '../../../webview-ui/panels/model/graph/layerLink';
import { resnetGraph } from '../../../webview-ui/gallery/fixtures/graphs';

type View = ConstructorParameters<typeof LayerLink>[0];

describe('the layer that is selected in graph, list and tree', () => {
  const index = new GraphIndex(resnetGraph());
  const [first, second, third] = [...index.nodeOfLayer.keys()] as [string, string, string];

  /** A graph in which nodes have their numbers for keys; `asked`: what the session was told, `gone`: where the graph was led. */
  function linked(): { link: LayerLink; session: (layer: string) => void; asked: string[]; gone: string[]; select: (layer: string) => void } {
    const state = signal({ selectedLayer: null as string | null });
    const selected = signal<string | null>(null);
    const asked: string[] = [];
    const gone: string[] = [];
    const view = {
      session: { state },
      client: { notify: (_: string, { layer }: { layer: string }) => asked.push(layer) },
      index: signal(index),
      selected,
      selectedBox: computed(() => selected.value && Number(selected.value)),
      nodeOf: (key: string | null) => key && Number(key),
      visibleKey: String,
      goTo(node: number) {
        gone.push(index.graph.nodes[node]!.layer!);
        selected.value = String(node);
      },
    };
    const link = new LayerLink(view as unknown as View);
    const select = (layer: string): void => {
      const node = index.nodeOfLayer.get(layer)!;
      selected.value = String(node);
      link.tell(node);
    };
    return { link, session: (selectedLayer) => (state.value = { selectedLayer }), asked, gone, select };
  }

  it('is the last one of those that are walked over, however late the answers to the earlier ones come', async () => {
    const { session, asked, gone, select } = linked();
    select(first);
    await setTimeout(150);
    select(second);
    await setTimeout(150);
    assert.deepEqual(asked, [first, second]);
    session(first);
    session(second);
    assert.deepEqual(gone, [], 'the graph is not led back to where it came from');
    session(third);
    assert.deepEqual(gone, [third], 'what is selected elsewhere after that is gone to');
  });

  it('is told once the walk rests, and not where it comes back to where it began', async () => {
    const { session, asked, select } = linked();
    session(first);
    select(second);
    select(third);
    await setTimeout(150);
    assert.deepEqual(asked, [third]);
    session(third);
    select(second);
    select(third);
    await setTimeout(150);
    assert.deepEqual(asked, [third]);
  });
});
