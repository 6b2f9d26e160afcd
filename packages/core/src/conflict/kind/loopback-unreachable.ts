import type { DesiredMapping } from '../../contract/index.ts'
import { aboutMapping, type Conflict } from '../conflict.ts'

/**
 * A mapping is bound to ::1. The kernel has no route_localnet for IPv6, so packets to ::1 cannot be translated to a
 * container.
 * @internal
 */
export const loopbackUnreachable = (project: string, mapping: DesiredMapping): Conflict => ({
  kind: 'LoopbackUnreachable',
  severity: 'error',
  certainty: 'certain',
  ...aboutMapping(project, mapping),
  message: `${mapping.label} is bound to ::1, which cannot be translated off the host: IPv6 has no route_localnet.`,
  witness: null,
  culprit: null,
  remedy: {
    text: 'Bind it to 127.0.0.1 instead, or to a global IPv6 address of the host with allow_from: [].',
    commands: [],
  },
  trace: [],
})
