import { allOrNone, shellCommand } from '@portolan/netfilter/advice'
import { aboutNetwork, type Conflict, culpritOutsideRules } from '../conflict.ts'

/**
 * The bridge of an external network is down. The kernel then removes its routes (net/ipv4/fib_frontend.c
 * `fib_disable_ip`), so packets for its containers follow other routes. The plan sets up a bridge of Portolan, but does
 * not touch one of another program.
 *
 * @param owner - the engine that has the bridge; null: not known
 * @internal
 */
export const bridgeDown = (network: string, bridge: string, owner: string | null): Conflict => ({
  kind: 'BridgeDown',
  severity: 'error',
  certainty: 'certain',
  ...aboutNetwork(network),
  message: `Containers of network ${network} cannot be reached: its bridge ${bridge} is down, so the kernel has no route to them. Until it is up, conflicts of network ${network} with rules are not looked for.`,
  witness: null,
  culprit: culpritOutsideRules('link', bridge, owner),
  remedy: {
    text: 'Set the bridge up, or start the program that keeps it, and plan again.',
    commands: allOrNone([shellCommand(['ip', 'link', 'set', 'dev', bridge, 'up'])]),
  },
  trace: [],
})
