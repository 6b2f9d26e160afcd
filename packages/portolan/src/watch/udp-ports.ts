import type { DesiredMapping, DesiredState } from '@portolan/core'

/**
 * The UDP ports of a project. A flow that began while the rules were missing went to the host. It stays there until it
 * pauses, so conntrack must forget it after the repair.
 */
export const udpPorts = (desired: DesiredState | null): readonly DesiredMapping[] =>
  (desired?.mappings ?? []).filter(({ protocol, kind }) => protocol === 'udp' && kind === 'nat')
