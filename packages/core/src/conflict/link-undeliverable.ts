import { aboutNetwork, type Conflict } from './conflict.ts'

/**
 * Containers of a network whose `icc` is off are to reach each other by `links` or `reachable_from`, and this host can
 * only keep them apart altogether: without br_netfilter no rule sees what one bridge switches, and isolated ports let
 * no frame pass (IFLA_BRPORT_ISOLATED).
 * @internal
 */
export const linkUndeliverable = (network: string, openings: readonly string[]): Conflict => ({
  kind: 'LinkUndeliverable',
  severity: 'warning',
  certainty: 'certain',
  ...aboutNetwork(network),
  message: `Containers of ${network} cannot reach each other although it is asked for (${openings.join('; ')}): icc is off there, and br_netfilter is not loaded, so the ports of the bridge are isolated and no rule sees what passes between them.`,
  witness: null,
  culprit: null,
  remedy: {
    text: 'Load br_netfilter and plan again: rules tell the containers apart then, and the ports are no longer isolated.',
    commands: ['modprobe br_netfilter'],
  },
  trace: [],
})
