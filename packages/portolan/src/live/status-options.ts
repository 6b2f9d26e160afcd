import { flagValue, type OptionKinds, type ValueKind } from '@portolan/netfilter/schema'
import type { LiveHost } from './live-host.ts'

export type StatusOptions = NonNullable<Parameters<LiveHost['status']>[0]>

const conflictsValue: ValueKind = {
  expected: 'true, false or { network, endpoint }',
  holds: (value) =>
    typeof value === 'boolean' ||
    (typeof value === 'object' &&
      value !== null &&
      Object.keys(value).sort().join() === 'endpoint,network' &&
      Object.values(value).every((one) => typeof one === 'string')),
}

/** The options of `status` of a live host. */
export const statusKinds: OptionKinds<StatusOptions> = { conflicts: conflictsValue, connections: flagValue }
