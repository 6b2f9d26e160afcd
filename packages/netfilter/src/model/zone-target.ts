import type { SetStep } from './step.ts'

/** The targets of a set step that put a packet into a zone of connection tracking. */
export type ZoneTarget = Extract<SetStep['target'], `ct-zone${string}`>

const ways: Readonly<Record<ZoneTarget, 'both' | 'original' | 'reply'>> = {
  'ct-zone': 'both',
  'ct-zone-original': 'original',
  'ct-zone-reply': 'reply',
}

/** Whether a set step with this target puts packets into a zone. */
export const isZoneTarget = (target: SetStep['target']): target is ZoneTarget => Object.hasOwn(ways, target)

/** The directions of a flow that the zone applies to. */
export const wayOfZone = (target: ZoneTarget): 'both' | 'original' | 'reply' => ways[target]
