import * as vscode from 'vscode';
import type { Layer } from '../protocol/model';
import { formatLayerShape } from '../protocol/shapeText';
import { groupLayers, type LayerGroup } from '../protocol/views';
import type { ModelSession } from '../host/modelSession';
import type { Sessions } from '../host/sessions';

/** A row of the tree: a group of layers, or a layer. Layers carry what commands need to find them. */
export type LayerItem =
  | { path: string[]; children: LayerItem[]; parent: LayerItem | undefined }
  | { layer: Layer; parent: LayerItem | undefined; unitscopeModel: string; unitscopeLayer: string };

/** The layers of the active model, as in its editor. */
export class LayersTree implements vscode.TreeDataProvider<LayerItem> {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private shown: { session: ModelSession; revision: number } | undefined;
  private roots: LayerItem[] = [];
  private readonly byName = new Map<string, LayerItem>();

  constructor(private readonly sessions: Sessions) {}

  /** Fills a tree view and keeps its message, title and selection in step with the active model. */
  attach(view: vscode.TreeView<LayerItem>): vscode.Disposable {
    let revealed: LayerItem | undefined;
    const follow = (): void => {
      const session = this.sessions.active;
      const revision = session?.state.modelRevision ?? 0;
      if (this.shown?.session !== session || this.shown?.revision !== revision) {
        this.shown = session && { session, revision };
        this.build();
        view.description = session?.name;
        view.message = session?.state.model.state === 'error' ? session.state.model.message : undefined;
        this.changed.fire(undefined);
      }
      const selected = this.byName.get(session?.state.selectedLayer ?? '');
      if (!selected || selected === revealed || !view.visible) return;
      revealed = selected;
      if (view.selection[0] !== selected) void view.reveal(selected, { select: true, focus: false });
    };
    follow();
    return vscode.Disposable.from(
      this.sessions.onDidChangeActive(follow),
      view.onDidChangeVisibility(follow),
      view.onDidChangeSelection(({ selection }) => {
        const [item] = selection;
        if (item && 'layer' in item) void this.sessions.find(item.unitscopeModel)?.select(item.layer.name);
      }),
    );
  }

  private build(): void {
    this.byName.clear();
    const session = this.shown?.session;
    this.roots = session?.summary ? this.items(groupLayers(session.summary.layers), undefined, session) : [];
  }

  private items(group: LayerGroup, parent: LayerItem | undefined, session: ModelSession): LayerItem[] {
    return group.children.map((child) => {
      if ('group' in child) {
        const item: LayerItem = { path: child.group.path, children: [], parent };
        item.children.push(...this.items(child.group, item, session));
        return item;
      }
      const { layer } = child;
      const item = { layer, parent, unitscopeModel: session.uri.toString(), unitscopeLayer: layer.name };
      this.byName.set(layer.name, item);
      return item;
    });
  }

  getChildren(item?: LayerItem): LayerItem[] {
    if (!item) return this.roots;
    return 'children' in item ? item.children : [];
  }

  getParent(item: LayerItem): LayerItem | undefined {
    return item.parent;
  }

  getTreeItem(item: LayerItem): vscode.TreeItem {
    if ('children' in item) {
      const { path } = item;
      const row = new vscode.TreeItem(path.at(-1) ?? '', vscode.TreeItemCollapsibleState.Collapsed);
      row.id = `group ${path.join('.')}`;
      row.tooltip = path.join('.');
      return row;
    }
    const { layer } = item;
    const row = new vscode.TreeItem(layer.label);
    row.id = `layer ${layer.name}`;
    row.description = formatLayerShape(layer);
    row.tooltip = `${layer.name}\n${layer.op} · ${formatLayerShape(layer)}`;
    row.contextValue = 'layer';
    row.iconPath = new vscode.ThemeIcon(icons[layer.kind]);
    return row;
  }
}

const icons: Record<Layer['kind'], string> = {
  convolution: 'symbol-array',
  activation: 'pulse',
  pooling: 'fold-down',
  normalization: 'symbol-ruler',
  dense: 'list-tree',
  merge: 'git-merge',
  attention: 'eye',
  reshape: 'symbol-structure',
  other: 'symbol-misc',
};
