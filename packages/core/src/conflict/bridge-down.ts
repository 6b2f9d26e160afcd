import { allOrNone, shellCommand } from '@portolan/netfilter/advice'
import { aboutNetwork, type Conflict, culpritOutsideRules } from './conflict.ts'

/**
 * The bridge of an external network is down. The kernel takes back its routes with it (net/ipv4/fib_frontend.c
 * `fib_disable_ip`), so packets for its containers go wherever another route leads. A bridge of ours is set up by the
 * plan; one of another program is not touched.
 *
 * @param owner - the engine that has the bridge, where it is known
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
