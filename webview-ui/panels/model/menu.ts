import type { LayerMenuContext } from '../../../src/protocol/views';

/** Tells VS Code's own context menu what it is for. */
export function menuContext(modelUri: string, layer: string, marked: ReadonlySet<string>): string {
  const context: LayerMenuContext = {
    webviewSection: 'layer',
    unitscopeModel: modelUri,
    unitscopeLayer: layer,
    ...(marked.size > 1 && marked.has(layer) && { unitscopeLayers: [...marked] }),
    preventDefaultContextMenuItems: true,
  };
  return JSON.stringify(context);
}
