import { type Anomaly, findAnomalies, type PacketBox } from '../../src/hygiene/index.ts'
import {
  compare,
  field,
  type MatchStep,
  type NetfilterTable,
  oneOf,
  type Step,
  verdict,
} from '../../src/index.ts'
import { base, ruleset, table } from '../evaluate/model.ts'
import { anyPacket } from './packets.ts'

export const anomalies = (
  packets: readonly PacketBox[],
  ...tables: readonly NetfilterTable[]
): readonly Anomaly[] => findAnomalies([ruleset(...tables)], { packets })

/** An anomaly as `Shadowing 3 by 1,2`; a question mark means that it is only possible. */
export const tell = ({ kind, certainty, rule, others }: Anomaly): string =>
  `${kind}${certainty === 'possible' ? '?' : ''} ${rule.position} by ${others.map(({ position }) => position).join(',')}`

export const inForward = (...rules: readonly (readonly Step[])[]): readonly string[] =>
  anomalies([anyPacket], table({ family: 'ip', name: 'filter' }, base('forward', 0, {}, ...rules))).map(tell)

export const tcp = compare(field('l4proto'), oneOf(6))

export const unknown = (text: string): MatchStep => ({ kind: 'unknown-match', text, random: false })

export const back = verdict('return')
