import type { DesiredMapping, DesiredState } from '@portolan/core'

/**
 * The UDP ports of a project. A flow that began while their rules were gone stays with the host, as long as it never
 * pauses, so it is forgotten once they are back.
 */
export const udpPorts = (desired: DesiredState | null): readonly DesiredMapping[] =>
  (desired?.mappings ?? []).filter(({ protocol, kind }) => protocol === 'udp' && kind === 'nat')
