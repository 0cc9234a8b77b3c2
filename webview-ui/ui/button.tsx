import type { ComponentChildren, Ref, VNode } from 'preact';
import { Icon, type IconName } from './icon';
import { toolkitElement } from './toolkit';

export interface ButtonProps {
  onPress: (event: MouseEvent) => void;
  children: ComponentChildren;
  kind?: 'primary' | 'secondary';
  icon?: IconName;
  disabled?: boolean;
  title?: string;
  class?: string;
}

export function Button({
  onPress,
  children,
  kind = 'secondary',
  icon,
  disabled = false,
  title,
  class: name = '',
}: ButtonProps): VNode {
  return toolkitElement(
    'us-button',
    { appearance: kind, disabled, title, class: `button ${name}`, onClick: disabled ? undefined : onPress },
    icon && <Icon name={icon} slot="start" />,
    children,
  );
}

export interface IconButtonProps {
  icon: IconName;
  /** What it does; also its tooltip. */
  label: string;
  onPress: (event: MouseEvent) => void;
  disabled?: boolean;
  pressed?: boolean;
  expanded?: boolean;
  tabIndex?: number;
  class?: string;
  ref?: Ref<HTMLElement>;
}

export function IconButton(props: IconButtonProps): VNode {
  const { icon, label, onPress, disabled = false, pressed, expanded, tabIndex, class: name = '', ref } = props;
  return toolkitElement(
    'us-button',
    {
      appearance: 'icon',
      'aria-label': label,
      'aria-pressed': pressed,
      'aria-expanded': expanded,
      title: label,
      class: `icon-button ${name}`,
      disabled,
      onClick: disabled ? undefined : onPress,
      ref,
      ...(tabIndex === undefined ? {} : { tabIndex }),
    },
    <Icon name={icon} />,
  );
}

/** A button that reads as a link in a sentence. */
export function LinkButton({ onPress, children, title }: Pick<ButtonProps, 'onPress' | 'children' | 'title'>): VNode {
  return (
    <button type="button" class="link-button" title={title} onClick={onPress}>
      {children}
    </button>
  );
}
