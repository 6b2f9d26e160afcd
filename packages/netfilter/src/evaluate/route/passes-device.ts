import type { BaseHook } from '../../model/index.ts'
import type { Host } from '../packet/host.ts'
import type { World } from '../packet/world.ts'
import { MAYBE, NO, type Truth, YES } from '../value/truth.ts'
import { type Link, MOST_LEVELS } from './link.ts'

/**
 * Whether a packet passes a device of the chain. For a packet from or to a container the bridge is known, but rarely
 * the bridge's port that the container is behind.
 */
export const passesDevice = (
  { ports }: Pick<Host, 'ports'>,
  { hook, devices }: Pick<BaseHook, 'hook' | 'devices'>,
  { in: from, port, out, bridged }: World,
): Truth => {
  if (devices.length === 0) return YES
  const bridge = hook === 'egress' ? out : from
  const own = hook === 'egress' ? null : port
  // A switched frame passes the ports alone: the bridge itself is the device of what the host takes or sends.
  const passed = bridged ? [own] : [own, bridge]
  if (passed.some((link) => link !== null && devices.includes(link.name))) return YES
  const lowest = own ?? bridge
  return lowest === null ? NO : passesBelow(ports, devices, lowest, MOST_LEVELS)
}

/** Whether a packet passes a device among the ports of an interface, or of a bond among these ports. */
const passesBelow = (
  ports: Host['ports'],
  devices: BaseHook['devices'],
  { name }: Pick<Link, 'name'>,
  levels: number,
): Truth => {
  const below = levels === 0 ? [] : (ports.get(name) ?? [])
  const [first = NO, ...others] = below.map((port) =>
    devices.includes(port.name) ? YES : passesBelow(ports, devices, port, levels - 1),
  )
  return others.every((other) => other === first) ? first : MAYBE
}
