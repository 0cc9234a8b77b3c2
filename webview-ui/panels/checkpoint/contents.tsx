import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { TreeNode } from '../../../src/protocol/checkpoint';
import { isCancelled, toUnitscopeError } from '../../../src/protocol/errors';
import { formatCount } from '../../shared/format';
import { LinkButton } from '../../ui/button';
import { Icon } from '../../ui/icon';
import { EmptyState } from '../../views/notice';
import type { CheckpointView } from './view';

const page = 100;

/** What the file holds, as it is nested: epoch, hyper-parameters, optimizer state; tensors by their place. */
export function Contents({ view, tree }: { view: CheckpointView; tree: TreeNode }): VNode {
  if ((tree.size ?? 0) === 0)
    return (
      <EmptyState icon="info" title="Nothing but tensors">
        This file holds no metadata, hyper-parameters or other content.
      </EmptyState>
    );
  return (
    <ul class="contents" role="tree" aria-label="Contents of the file" onKeyDown={moveFocus}>
      <Children view={view} node={tree} at={[]} path={[]} />
    </ul>
  );
}

interface Nested {
  view: CheckpointView;
  node: TreeNode;
  /** Which child of which, and their keys. */
  at: number[];
  path: string[];
}

/** The children of an entry; those that were not sent along are fetched when they are asked for. */
function Children({ view, node, at, path }: Nested): VNode {
  const more = useSignal<TreeNode[]>([]);
  const failure = useSignal<string | null>(null);
  const busy = useSignal(false);
  const children = [...(node.children ?? []), ...more.value];
  const left = (node.size ?? 0) - children.length;
  const load = async (): Promise<void> => {
    busy.value = true;
    failure.value = null;
    try {
      const { children: next } = await view.host.call('tree', { at, from: children.length, count: page });
      more.value = [...more.peek(), ...next];
    } catch (thrown) {
      if (!isCancelled(thrown)) failure.value = toUnitscopeError(thrown).message;
    } finally {
      busy.value = false;
    }
  };
  return (
    <>
      {children.map((child, index) => (
        <Entry key={index} view={view} node={child} at={[...at, index]} path={[...path, child.key]} />
      ))}
      {left > 0 && (
        <li role="none" class="contents-more" style={{ '--level': path.length + 1 }}>
          {failure.value !== null && <span class="warning">{failure.value} </span>}
          {busy.value ? <span class="quiet">Reading…</span> : <LinkButton onPress={() => void load()}>{children.length === 0 ? 'Show' : 'Show more'} ({formatCount(left)})</LinkButton>}
        </li>
      )}
    </>
  );
}

function Entry({ view, node, at, path }: Nested): VNode {
  const level = path.length;
  const first = at.every((index) => index === 0) && level === 1;
  const nested = (node.size ?? 0) > 0;
  const open = useSignal(level === 1 && nested && (node.size ?? 0) <= 12);
  const tensor = node.kind === 'tensor' ? view.tensors.value.find(({ name }) => name === path.join('.')) : undefined;
  return (
    <li role="treeitem" aria-level={level} aria-expanded={nested ? open.value : undefined} class="contents-item">
      <div
        class="contents-row"
        tabIndex={first ? 0 : -1}
        style={{ '--level': level }}
        onClick={() => nested && (open.value = !open.value)}
        onKeyDown={(event) => {
          if (!nested || !['Enter', ' ', 'ArrowRight', 'ArrowLeft'].includes(event.key)) return;
          if (event.key === 'ArrowRight' && open.value) return;
          if (event.key === 'ArrowLeft' && !open.value) return;
          event.preventDefault();
          open.value = !open.value;
        }}
      >
        {nested ? <Icon name={open.value ? 'chevron-down' : 'chevron-right'} class="twisty" /> : <span class="twisty" />}
        <span class="contents-key">{node.key}</span>
        <span class="contents-text" title={node.text}>
          {node.text}
        </span>
        <span class="quiet contents-kind">{node.kind}</span>
        {tensor && <LinkButton onPress={() => view.reveal(tensor)}>Show</LinkButton>}
      </div>
      {nested && open.value && (
        <ul role="group">
          <Children view={view} node={node} at={at} path={path} />
        </ul>
      )}
    </li>
  );
}

function moveFocus(event: KeyboardEvent): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const rows = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('.contents-row')];
  const next = rows[rows.indexOf(event.target as HTMLElement) + (event.key === 'ArrowDown' ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.tabIndex = 0;
  next.focus();
}
