import type { DesiredState } from '../../../contract/index.ts'

/**
 * Leaves some networks out of a desired state, with the mappings that lead there. Their bridges are left out too: a
 * bridge with a subnet of the host would attract packets of innocent networks.
 */
export const withoutNetworks = (desired: DesiredState, names: readonly string[]): DesiredState => {
  if (names.length === 0) return desired
  const gone = new Set(names)
  return {
    ...desired,
    networks: desired.networks.filter(({ name }) => !gone.has(name)),
    endpoints: desired.endpoints.filter(({ network }) => !gone.has(network)),
    mappings: desired.mappings.filter(({ targets }) => !targets.some(({ network }) => gone.has(network))),
    ...(desired.openings === undefined
      ? {}
      : {
          openings: desired.openings.filter(
            ({ network, from }) => !gone.has(network) && !('network' in from && gone.has(from.network)),
          ),
        }),
  }
}
