import * as vscode from 'vscode';
import { UnitscopeError } from '../protocol/errors';
import { formatLayerShape } from '../protocol/shapeText';
import type { ModelSession } from '../host/modelSession';
import type { Sessions } from '../host/sessions';

/** What menus, views and the tree hand to a command: see `LayerMenuContext` and `LayerItem`. The palette hands nothing. */
export interface Target {
  unitscopeModel?: string;
  unitscopeLayer?: string;
  /** Where several are selected: all of them. */
  unitscopeLayers?: string[];
}

/** The session that a command means: the one it was called on, else the active one. */
export function sessionOf(sessions: Sessions, target: Target | undefined): ModelSession {
  const session = target?.unitscopeModel ? sessions.find(target.unitscopeModel) : sessions.active;
  if (!session) throw new UnitscopeError('usage', 'Open a model first: any .onnx file.');
  return session;
}

/** The layer that a command means: the one it was called on, else one that the user picks. Undefined: dismissed. */
export async function layerOf(session: ModelSession, target: Target | undefined): Promise<string | undefined> {
  if (target?.unitscopeLayer) return target.unitscopeLayer;
  const layers = session.summary?.layers ?? [];
  if (layers.length === 0) throw new UnitscopeError('usage', `${session.name} has no layers to choose from.`);
  const selected = session.state.selectedLayer;
  const items = layers.map((layer) => ({
    label: `${layer.group.length > 0 ? `${layer.group.join('.')}.` : ''}${layer.label}`,
    description: formatLayerShape(layer),
    detail: layer.label.includes(layer.name) ? undefined : layer.name,
    name: layer.name,
    primary: layer.primary,
  }));
  items.sort((a, b) => Number(b.name === selected) - Number(a.name === selected) || Number(b.primary) - Number(a.primary));
  const picked = await vscode.window.showQuickPick(items, {
    title: `Layers of ${session.name}`,
    placeHolder: 'Layer, operator or module',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.name;
}
