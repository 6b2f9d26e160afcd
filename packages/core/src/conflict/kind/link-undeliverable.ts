import { aboutNetwork, type Conflict } from '../conflict.ts'

/**
 * `links` or `reachable_from` lets containers of a network with `icc: off` reach each other, but this host can only
 * separate them completely. Without br_netfilter no rule sees frames inside one bridge, and isolated ports let no frame
 * pass (IFLA_BRPORT_ISOLATED).
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
