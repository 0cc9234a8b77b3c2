import type { NodeChange } from '../../../src/protocol/graph';
import type { IconName } from '../../ui/iconDrawings';

/** What a change is drawn as: told by shape, not by colour alone. */
export const changeIcons: Record<NodeChange, IconName> = { equal: 'check', changed: 'sliders', added: 'plus', removed: 'minus' };
