import { behindBridge, callCni, chainBridge, portmapProgram } from './cni-chain.ts'
import { type Engine, publishedIn, timeOf } from './engine.ts'

/** CNI's portmap. Only portmap is timed: `bridge`, which makes bridge, veth pair and addresses, has run before. */
export const portmap: Engine = {
  name: 'CNI portmap',
  absent: portmapProgram === null ? 'not installed (CNI_PORTMAP=PATH says where)' : null,
  publish: async (place, ports, limitMs) => {
    const made = JSON.parse(callCni(place, 'ADD', chainBridge, { limitMs }))
    const config = {
      ...behindBridge('portmap', ports, made),
      // Versions before 1.6 know only iptables and ignore this key.
      backend: 'nftables',
    }
    const options = portmapProgram === null ? { limitMs } : { program: [portmapProgram], limitMs }
    return publishedIn(
      place,
      timeOf(() => callCni(place, 'ADD', config, options)),
    )
  },
}
