import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeProgressRing,
} from '@vscode/webview-ui-toolkit';
import { createElement, type ComponentChildren, type Ref, type VNode } from 'preact';

/** The one place that registers the toolkit's elements: as `us-button` and so on. */
provideVSCodeDesignSystem().withPrefix('us').register(vsCodeButton(), vsCodeCheckbox(), vsCodeProgressRing());

// The toolkit takes up another theme only when the body's class changes; between themes of a kind, colours alone do.
new MutationObserver(() => document.body.classList.toggle('us-recoloured')).observe(document.documentElement, {
  attributes: true,
  attributeFilter: ['style'],
});

type ToolkitTag = 'us-button' | 'us-checkbox' | 'us-progress-ring';

/** A toolkit element. Its attributes are not typed by JSX; our components, which are, sit in front of it. */
export function toolkitElement(
  tag: ToolkitTag,
  props: Record<string, unknown> & { ref?: Ref<HTMLElement> },
  ...children: ComponentChildren[]
): VNode {
  return createElement(tag, props, ...children);
}
