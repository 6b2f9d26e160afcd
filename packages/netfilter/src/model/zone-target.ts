import type { SetStep } from './step.ts'

/** What puts a packet into a zone of connection tracking. */
export type ZoneTarget = Extract<SetStep['target'], `ct-zone${string}`>

const ways: Readonly<Record<ZoneTarget, 'both' | 'original' | 'reply'>> = {
  'ct-zone': 'both',
  'ct-zone-original': 'original',
  'ct-zone-reply': 'reply',
}

/** Does it put packets into a zone? */
export const isZoneTarget = (target: SetStep['target']): target is ZoneTarget => Object.hasOwn(ways, target)

/** The directions of a flow that the zone counts for. */
export const wayOfZone = (target: ZoneTarget): 'both' | 'original' | 'reply' => ways[target]
