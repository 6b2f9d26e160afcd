import { aboutNetwork, type Conflict } from '../conflict.ts'

/**
 * `icc` is off but nothing on this host can enforce it. Without br_netfilter, frames inside a bridge do not cross the
 * IP hooks, and the ports could not be isolated.
 * @internal
 */
export const iccUnenforceable = (network: string, why: string): Conflict => ({
  kind: 'IccUnenforceable',
  severity: 'warning',
  certainty: 'certain',
  ...aboutNetwork(network),
  message: `Containers of ${network} can still talk to each other although icc is off: ${why}`,
  witness: null,
  culprit: null,
  remedy: {
    text: 'Attach the containers with attachPort, which isolates each port, or load br_netfilter and plan again.',
    commands: ['modprobe br_netfilter'],
  },
  trace: [],
})
