import type { ComponentChildren, VNode } from 'preact';
import { Icon, type IconName } from '../ui/icon';
import './notice.css';

export type Tone = 'info' | 'warning' | 'error';
const icons: Record<Tone, IconName> = { info: 'info', warning: 'warning', error: 'error' };

/** A sentence across the page, and what can be done about it. */
export function Banner({
  tone,
  icon,
  children,
  actions,
}: {
  tone: Tone;
  icon?: IconName;
  children: ComponentChildren;
  actions?: ComponentChildren;
}): VNode {
  return (
    <div class={`banner banner-${tone}`} role={tone === 'error' ? 'alert' : 'status'}>
      <Icon name={icon ?? icons[tone]} />
      <p>{children}</p>
      {actions && <div class="banner-actions">{actions}</div>}
    </div>
  );
}

interface EmptyStateProps {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
  actions?: ComponentChildren;
  tone?: 'plain' | 'error';
}

/** Says in the middle of an empty area what belongs there, and how it gets there. */
export function EmptyState({ icon, title, children, actions, tone = 'plain' }: EmptyStateProps): VNode {
  return (
    <div class={`empty empty-${tone}`} role={tone === 'error' ? 'alert' : undefined}>
      <span class="empty-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {actions && <div class="empty-actions">{actions}</div>}
    </div>
  );
}
