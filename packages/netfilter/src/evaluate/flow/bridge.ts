import { type Host, isBridge } from '../packet/host.ts'
import type { Traffic } from '../packet/traffic.ts'
import type { World } from '../packet/world.ts'
import type { Link } from '../route/link.ts'
import { end, fork, noteEvent, type Run } from '../walk/run.ts'

/**
 * Whether all, some or none of the ports have a property. `some`: the result depends on the port, which is not known.
 */
const share = (ports: readonly Link[], holds: (port: Link) => boolean): 'all' | 'some' | 'none' => {
  const count = ports.filter(holds).length
  return count === 0 ? 'none' : count === ports.length ? 'all' : 'some'
}

/**
 * Whether the bridge may send a packet on to another of its ports, or back to the port it came from.
 *
 * @returns false where it ends here
 * @see net/bridge/br_forward.c `should_deliver`
 */
export const passesBridge = (host: Host, run: Run, world: World, bridge: Link): boolean => {
  const ports = host.ports.get(bridge.name) ?? []
  const back = world.original !== null && world.original.saddr === world.answer?.saddr
  // The way back of a hairpin flow goes through the same port.
  if (back && world.reply) return true
  const refused = back
    ? share(world.port === null ? ports : [world.port], ({ hairpin }) => hairpin === false)
    : refusedByIsolation(ports, world.port)
  if (refused === 'none') return true
  const why = back ? `hairpin mode is off on ports of ${bridge.name}` : `ports of ${bridge.name} are isolated`
  const lost = refused === 'all' ? world : fork(run, world)
  if (lost !== null) {
    if (refused === 'some') lost.unknown = true
    noteEvent(lost, { kind: 'drop' }, { kind: 'bridge', text: why })
    end(run, 'dropped', lost)
  }
  return refused === 'some'
}

const refusedByIsolation = (ports: readonly Link[], port: Link | null): 'all' | 'some' | 'none' => {
  const isIsolated = ({ isolated }: Link): boolean => isolated === true
  if (port !== null && !isIsolated(port)) return 'none'
  const others = port === null ? ports : ports.filter((other) => other !== port)
  return share(others.length === 0 ? [] : others, isIsolated)
}

/** Forks a packet that crosses a bridge with tables of its own. These are not simulated, and may drop it. */
export const crossBridge = ({ host, run, bridgeTable }: Traffic, world: World, link: Link | null): void => {
  if (bridgeTable === null || link === null || !isBridge(host, link)) return
  const lost = fork(run, world)
  if (lost === null) return
  lost.unknown = true
  noteEvent(
    lost,
    { kind: 'may-drop' },
    { kind: 'bridge-rules', text: `table bridge ${bridgeTable.name}, on ${link.name}` },
  )
  end(run, 'dropped', lost)
}
