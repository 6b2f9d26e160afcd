import { behindBridge, callCni, chainBridge, portmapProgram } from './cni-chain.ts'
import { type Engine, publishedIn, timeOf } from './engine.ts'

/** The time is that of portmap alone: `bridge`, which makes bridge, veth pair and addresses, has run before it. */
export const portmap: Engine = {
  name: 'CNI portmap',
  absent: portmapProgram === null ? 'not installed (CNI_PORTMAP=PATH says where)' : null,
  publish: async (place, ports, limitMs) => {
    const made = JSON.parse(callCni(place, 'ADD', chainBridge, { limitMs }))
    const config = {
      ...behindBridge('portmap', ports, made),
      // Versions before 1.6 know no backend but iptables, and take no notice of this.
      backend: 'nftables',
    }
    const options = portmapProgram === null ? { limitMs } : { program: [portmapProgram], limitMs }
    return publishedIn(
      place,
      timeOf(() => callCni(place, 'ADD', config, options)),
    )
  },
}
